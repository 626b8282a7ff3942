// build github.com/regclient/regclient/cmd/regctl
module peer

go 1.26.0

require github.com/regclient/regclient v0.11.7
