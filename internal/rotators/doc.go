// Package rotators is the kinds of credential that can be rotated, a folder each. A rotator knows
// its provider and never sees the vault. handler/rotators.go lists the kinds.
//
// Beside them is what kinds share: login reads the login in a secret's value, address the server
// in ProviderAddress, and class the tag RotationClass; tlsconfig verifies which server answers,
// and bounded limits what it may send. rotatortest has the checks that the tests of all kinds use.
package rotators
