package rotators

import (
	"crypto/sha1" //nolint:gosec // the form in which the server keeps passwords
	"encoding/hex"
	"strings"

	"rotunda/internal/secret"
)

// quoteSQL makes a text literal, for sessions with sql_mode NO_BACKSLASH_ESCAPES, as all of ours are.
func quoteSQL(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }

// mysqlAccount is a user as the server knows it: a name, and where it may come from.
type mysqlAccount struct{ user, host string }

// parseMySQLAccount reads user or user@host; a user may have an @ itself. % is anywhere.
func parseMySQLAccount(text string) mysqlAccount {
	if at := strings.LastIndexByte(text, '@'); at >= 0 {
		return mysqlAccount{text[:at], text[at+1:]}
	}
	return mysqlAccount{text, "%"}
}

func (a mysqlAccount) String() string { return a.user + "@" + a.host }

func (a mysqlAccount) sql() string { return quoteSQL(a.user) + "@" + quoteSQL(a.host) }

// nativeHash is a password as the plugin mysql_native_password keeps it. Who has it can't log in with it.
func nativeHash(password secret.Value) string {
	once := sha1.Sum([]byte(password.Reveal())) //nolint:gosec // see the import
	twice := sha1.Sum(once[:])                  //nolint:gosec // see the import
	return "*" + strings.ToUpper(hex.EncodeToString(twice[:]))
}
