// build github.com/sigstore/rekor-tiles/v2/cmd/rekor-server/posix
module peer

go 1.26

require github.com/sigstore/rekor-tiles/v2 v2.3.0
