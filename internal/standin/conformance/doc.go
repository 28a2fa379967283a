// Package conformance checks the Key Vault stand-in with Microsoft's own tests of azsecrets, and
// with the JavaScript client. Both run unmodified, with default options and real host names,
// through the proxy and with the managed identity. It has only tests.
package conformance
