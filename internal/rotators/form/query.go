package form

import (
	"net/url"
	"strings"
)

const (
	badPercent = "a percent sign that is not escaped. Percent-encode the special characters."
	plusSign   = "a plus sign, which some drivers read as a space. Percent-encode it."
)

// queryRules are how a driver reads a parameter of a URL.
type queryRules func(raw string) (text, unsure string, encode func(string) (string, bool))

// escapedQuery is for drivers that decode a parameter. Some read a plus sign as a space (pgx,
// pgjdbc, Connector/J) and some as itself (libpq), so it is not written.
func escapedQuery(raw string) (text, unsure string, encode func(string) (string, bool)) {
	text, err := url.PathUnescape(raw)
	if err != nil {
		text, unsure = raw, badPercent
	}
	if strings.Contains(raw, "+") {
		unsure = plusSign
	}
	return text, unsure, percentEncode
}

// percentEncode escapes all but letters, digits and -._~, so that every driver reads the same.
func percentEncode(next string) (string, bool) {
	return strings.ReplaceAll(url.QueryEscape(next), "+", "%20"), true
}

// plainQuery is for MariaDB Connector/J, which does not decode parameters
// (mariadb-corporation/mariadb-connector-j src/main/java/org/mariadb/jdbc/Configuration.java,
// parseInternal). What every driver reads as itself is all that is written.
func plainQuery(raw string) (text, unsure string, encode func(string) (string, bool)) {
	if url.QueryEscape(raw) != raw {
		unsure = "a character that MariaDB's driver does not decode and others do. Use letters and digits."
	}
	return raw, unsure, func(next string) (string, bool) { return next, url.QueryEscape(next) == next }
}

// splitQuery returns the parameters in a part of a text that begins with a question mark, if there
// is one, and the rest after #.
func splitQuery(text string, begin, end int, rules queryRules) (places []place) {
	if begin >= end || text[begin] != '?' {
		return nil
	}
	fragment := min(until(text, begin, "#"), end)
	at := begin + 1
	for part := range strings.SplitSeq(text[at:fragment], "&") {
		name, raw, named := strings.Cut(part, "=")
		if named {
			name, _ = url.PathUnescape(name)
		} else {
			name, raw = "", part
		}
		p := place{begin: at + len(part) - len(raw), end: at + len(part), path: name, name: name, group: "query"}
		p.text, p.unsure, p.encode = rules(raw)
		places = append(places, p)
		at += len(part) + len("&")
	}
	return append(places, place{begin: fragment, end: end, path: "fragment", text: text[fragment:end], loose: true, encode: never})
}
