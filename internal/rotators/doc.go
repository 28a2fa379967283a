// Package rotators is the kinds of credential that can be rotated, a folder each: postgres, mysql,
// redis and random. A rotator knows its provider and never sees the vault. handler/main.go lists
// the kinds.
//
// Beside them is what kinds share: login reads the login in a secret's value, address the server in
// ProviderAddress, class the tag RotationClass, and tlsconfig checks who a server is. rotatortest
// has the checks that all kinds must pass.
package rotators
