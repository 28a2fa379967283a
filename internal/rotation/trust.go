package rotation

import "io/fs"

// Trust is what the app's settings allow of the connections to providers. No tag can widen it.
type Trust struct {
	CAs       fs.FS // the files of certificate authorities that a tag may name; nil for none
	Plaintext bool  // connections without TLS to other machines
}
