package form

import (
	"net/url"
	"strings"

	"rotunda/internal/lazyregexp"
)

var (
	isURL     = lazyregexp.New(`^[A-Za-z][A-Za-z0-9+.-]*://`)
	urlScheme = lazyregexp.New(`[A-Za-z][A-Za-z0-9+.-]*$`)
)

// splitURL splits a text that has URLs, such as
//
//	postgres://app:p%40ss@db:5432/orders?sslmode=require
//
// User and password are percent-encoded and end at the last @ before the path (net/url, libpq's
// conninfo_uri_parse_options and the clients of MongoDB and Redis agree). Parameters are percent-
// encoded too.
func splitURL(text string) ([]place, bool) {
	if isJDBC(text) || !strings.Contains(text, "://") {
		return nil, false
	}
	var places []place
	for at := 0; at < len(text); {
		slashes := strings.Index(text[at:], "://")
		if slashes < 0 {
			places = append(places, plainText(text, at, len(text)))
			break
		}
		scheme := urlScheme().FindStringIndex(text[at : at+slashes])
		if scheme != nil && scheme[0] > 0 {
			places = append(places, plainText(text, at, at+scheme[0]))
		}
		end := urlEnd(text, at+slashes+len("://"))
		one := splitOneURL(text, at+slashes+len("://"), end, escapedQuery)
		if scheme != nil {
			markOverridden(text[at+scheme[0]:at+slashes], one)
		}
		places = append(places, one...)
		at = end
	}
	return places, true
}

// markOverridden marks a user and a password in front of a host that clients do not use. Those of
// PostgreSQL prefer the parameters (libpq's conninfo_uri_parse_params; jackc/pgx pgconn/config.go,
// parseURLSettings).
func markOverridden(scheme string, places []place) {
	if !strings.EqualFold(scheme, "postgres") && !strings.EqualFold(scheme, "postgresql") {
		return
	}
	for _, parameter := range places {
		for i, p := range places {
			if p.group == userInfo && parameter.group != userInfo && p.name == parameter.name && p.text != parameter.text {
				places[i].unsure = "another value among the parameters of the URL. Remove one."
			}
		}
	}
}

// plainText is a part of a text that is not a URL.
func plainText(text string, begin, end int) place {
	return place{begin: begin, end: end, path: "text beside a URL", text: text[begin:end], encode: unescaped}
}

// urlEnd returns the end of the URL whose authority begins at an index. Another URL may follow
// after a comma, before a query.
func urlEnd(text string, begin int) int {
	end := until(text, begin, " \t\r\n\"'<>")
	question := until(text[:end], begin, "?")
	if next := strings.Index(text[begin:question], "://"); next >= 0 {
		scheme := urlScheme().FindStringIndex(text[begin : begin+next])
		if scheme != nil && scheme[0] > 0 {
			return begin + scheme[0]
		}
	}
	return end
}

// splitOneURL splits the URL whose authority is at begin.
func splitOneURL(text string, begin, end int, rules queryRules) (places []place) {
	authority := text[begin:until(text[:end], begin, "/?#")]
	host := begin
	if at := strings.LastIndexByte(authority, '@'); at >= 0 {
		places = splitUserInfo(begin, authority[:at])
		host += at + len("@")
	}
	question := until(text[:end], host, "?")
	places = append(places, place{begin: host, end: question, path: "host or path", text: text[host:question], loose: true, encode: never})
	return append(places, splitQuery(text, question, end, rules)...)
}

func splitUserInfo(begin int, text string) []place {
	name, secret, both := strings.Cut(text, ":")
	places := []place{userInfoPlace(begin, "user", name)}
	if both {
		places = append(places, userInfoPlace(begin+len(name)+len(":"), "password", secret))
	}
	return places
}

func userInfoPlace(begin int, name, raw string) place {
	p := place{begin: begin, end: begin + len(raw), path: name, name: name, group: userInfo, encode: percentEncode}
	var err error
	if p.text, err = url.PathUnescape(raw); err != nil {
		p.text, p.unsure = raw, badPercent
	}
	return p
}
