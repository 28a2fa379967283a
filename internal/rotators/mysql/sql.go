package mysql

import (
	"crypto/sha1" //nolint:gosec // the form in which the server stores passwords
	"encoding/hex"
	"strings"

	"rotunda/internal/secret"
)

// quote returns a text literal for sessions with sql_mode NO_BACKSLASH_ESCAPES, as all of ours
// are.
func quote(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }

// anyHost is the host of an account that may connect from anywhere.
const anyHost = "%"

// account is a user as the server knows it: a name, and the hosts that it may connect from. The
// host is "" for all accounts of the name.
type account struct{ user, host string }

// parseAccount reads user or user@host; the user may contain an @.
func parseAccount(text string) account {
	if at := strings.LastIndexByte(text, '@'); at >= 0 {
		return account{text[:at], text[at+1:]}
	}
	return account{user: text}
}

func (a account) String() string {
	if a.host == "" {
		return a.user
	}
	return a.user + "@" + a.host
}

func (a account) sql() string { return quote(a.user) + "@" + quote(a.host) }

// nativeHash returns a password as the plugin mysql_native_password stores it. Nobody can log in
// with the hash alone.
func nativeHash(password secret.Value) string {
	once := sha1.Sum([]byte(password.Reveal())) //nolint:gosec // see the import
	twice := sha1.Sum(once[:])                  //nolint:gosec // see the import
	return "*" + strings.ToUpper(hex.EncodeToString(twice[:]))
}
