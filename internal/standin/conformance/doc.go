// Package conformance checks the Key Vault stand-in with clients that are not ours: Microsoft's own tests of
// azsecrets, and the JavaScript client. Both run as they are, with default options and real host names, through the
// proxy and with the managed identity. It has tests only.
package conformance
