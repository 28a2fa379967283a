package form

import (
	"strings"

	"rotunda/internal/lazyregexp"
)

const libpqSpace = " \t\n\r\v\f"

// libpqName matches the keywords of libpq and the settings that pgx takes beside them.
var libpqName = lazyregexp.New(`^[a-z_]+$`)

// splitLibpq splits a connection string of keywords, as libpq and pgx read it:
//
//	host=db user=app password='it\'s'
//
// A value is in single quotes or without; a backslash takes the next byte as it is in both
// (postgres/postgres src/interfaces/libpq/fe-connect.c, conninfo_parse; jackc/pgx
// pgconn/config.go, parseKeywordValueSettings).
func splitLibpq(text string) (places []place, ok bool) {
	for at := skipSpace(text, 0); at < len(text); at = skipSpace(text, at) {
		equals := strings.IndexByte(text[at:], '=')
		if equals < 0 {
			return nil, false
		}
		name := strings.TrimRight(text[at:at+equals], libpqSpace)
		p, ok := libpqValue(text, skipSpace(text, at+equals+1))
		// "host=db; user=app" is ADO.NET.
		if !ok || !libpqName().MatchString(name) || name != "password" && strings.HasSuffix(p.text, ";") {
			return nil, false
		}
		p.path, p.name = name, name
		places = append(places, p)
		at = p.end
	}
	return places, len(places) > 0
}

func skipSpace(text string, at int) int {
	for at < len(text) && strings.IndexByte(libpqSpace, text[at]) >= 0 {
		at++
	}
	return at
}

func libpqValue(text string, begin int) (place, bool) {
	inQuotes := begin < len(text) && text[begin] == '\''
	p := place{begin: begin, encode: encodeLibpq}
	stop := libpqSpace
	if inQuotes {
		begin++
		stop, p.encode = "'", quoteLibpq
	}
	var value strings.Builder
	at := begin
	for ; at < len(text) && strings.IndexByte(stop, text[at]) < 0; at++ {
		if text[at] == '\\' {
			if at++; at == len(text) {
				return p, false
			}
		}
		value.WriteByte(text[at])
	}
	p.text, p.end = value.String(), at
	if inQuotes {
		p.end++
	}
	return p, p.end <= len(text)
}

func encodeLibpq(next string) (string, bool) {
	if next == "" || strings.ContainsAny(next, `'\`+libpqSpace) {
		return quoteLibpq(next)
	}
	return next, !strings.Contains(next, "\x00")
}

func quoteLibpq(next string) (string, bool) {
	return "'" + strings.NewReplacer(`\`, `\\`, "'", `\'`).Replace(next) + "'", !strings.Contains(next, "\x00")
}
