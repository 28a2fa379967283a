// Package conformance checks the app and the Key Vault stand-in with Microsoft's own tests of
// azsecrets, and with the client libraries of Go, JavaScript, Python and Java. All run unmodified,
// with default options and real host names, through the proxy. It has only tests.
package conformance
