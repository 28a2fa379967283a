package form

import (
	"strings"
	"unicode"

	"rotunda/internal/lazyregexp"
)

// mysqlNet matches what a data source name has between @ and the database.
var mysqlNet = lazyregexp.New(`^(\w+\(.*\))?$`)

// splitMySQL splits a data source name of go-sql-driver:
//
//	app:any password, even @ or /@tcp(db:3306)/orders?tls=true
//
// The last / divides it, the last @ before that ends the password, and the first : begins it;
// nothing of user and password is escaped (go-sql-driver/mysql dsn.go, ParseDSN).
func splitMySQL(text string) ([]place, bool) {
	slash := strings.LastIndexByte(text, '/')
	if slash < 0 {
		return nil, false
	}
	at := strings.LastIndexByte(text[:slash], '@')
	if at < 0 || !mysqlNet().MatchString(text[at+1:slash]) || strings.ContainsFunc(text, unicode.IsControl) {
		return nil, false
	}
	colon := strings.IndexByte(text[:at], ':')
	if colon < 0 {
		return nil, false
	}
	question := until(text, slash, "?")
	places := []place{
		{end: colon, path: "user", name: "user", text: text[:colon], encode: encodeMySQLUser},
		{begin: colon + 1, end: at, path: "password", name: "password", text: text[colon+1 : at], encode: unescaped},
		{begin: at + 1, end: question, path: "address or database", text: text[at+1 : question], loose: true, encode: never},
	}
	return append(places, splitQuery(text, question, len(text), escapedQuery)...), true
}

func encodeMySQLUser(next string) (string, bool) { return next, !strings.Contains(next, ":") }

func unescaped(next string) (string, bool) {
	return next, !strings.ContainsFunc(next, unicode.IsControl)
}

func never(string) (string, bool) { return "", false }
