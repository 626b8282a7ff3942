// build github.com/sigstore/timestamp-authority/v2/cmd/timestamp-server
module peer

go 1.26

require github.com/sigstore/timestamp-authority/v2 v2.1.3
