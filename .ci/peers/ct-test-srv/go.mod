// build github.com/letsencrypt/boulder/test/ct-test-srv
// cgo
module peer

go 1.26.0

require github.com/letsencrypt/boulder v0.20260908.0
