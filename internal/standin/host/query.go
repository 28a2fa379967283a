package host

import (
	"net/url"
	"strings"
)

// query is a query string as ASP.NET reads it: names match in any case, repeated values are joined
// with commas, the order is kept, and a semicolon is not a separator.
// Source: dotnet/aspnetcore src/Http/Http/src/Features/QueryFeature.cs.
type query []queryPair

type queryPair struct{ name, value, first string }

func parseQuery(raw string) query {
	var parsed query
	for part := range strings.SplitSeq(raw, "&") {
		if part == "" {
			continue
		}
		name, value, _ := strings.Cut(part, "=")
		parsed = parsed.with(unescapeQuery(name), unescapeQuery(value))
	}
	return parsed
}

func (q query) with(name, value string) query {
	for i, pair := range q {
		if strings.EqualFold(pair.name, name) {
			q[i].value += "," + value
			return q
		}
	}
	return append(q, queryPair{name, value, value})
}

// get returns all values of a name, joined, and first the first of them.
func (q query) get(name string) string { return q.find(name).value }

func (q query) first(name string) string { return q.find(name).first }

func (q query) find(name string) queryPair {
	for _, pair := range q {
		if strings.EqualFold(pair.name, name) {
			return pair
		}
	}
	return queryPair{}
}

// encode writes the query, as QueryHelpers.AddQueryString does with .NET's default URL encoder.
func (q query) encode() string {
	parts := make([]string, 0, len(q))
	for _, pair := range q {
		parts = append(parts, escapeBytes(pair.name, isPlainInQuery)+"="+escapeBytes(pair.value, isPlainInQuery))
	}
	return strings.Join(parts, "&")
}

// unescapeQuery returns text unchanged if it is not properly escaped.
func unescapeQuery(text string) string {
	if plain, err := url.QueryUnescape(text); err == nil {
		return plain
	}
	return text
}

func isPlainInQuery(c byte) bool { return isUnreserved(c) || strings.IndexByte("!$()*,:;@", c) >= 0 }
