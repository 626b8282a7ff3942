// build github.com/olareg/olareg/cmd/olareg
module peer

go 1.26

require github.com/olareg/olareg v0.1.2
