// build github.com/versity/versitygw/cmd/versitygw
module peer

go 1.26

require github.com/versity/versitygw v1.8.0
