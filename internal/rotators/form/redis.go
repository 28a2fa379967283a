package form

import (
	"strings"
	"unicode"

	"rotunda/internal/lazyregexp"
)

var (
	redisEndpoint = lazyregexp.New(`^[A-Za-z0-9\[][^=;\s]*$`)
	redisName     = lazyregexp.New(`^(\$?[A-Za-z]+)$`)
)

// splitRedis splits a configuration string of StackExchange.Redis:
//
//	cache.example.com:6380,user=app,password=…,ssl=True
//
// It is cut at each comma, and an option at its first =; spaces around both are dropped. Nothing
// can be quoted (StackExchange/StackExchange.Redis
// src/StackExchange.Redis/ConfigurationOptions.cs, DoParse).
func splitRedis(text string) (places []place, ok bool) {
	at, endpoints := 0, 0
	for part := range strings.SplitSeq(text, ",") {
		p, ok := redisOption(part)
		if !ok {
			return nil, false
		}
		if p.name == "" && p.text != "" {
			endpoints++
		}
		p.begin, p.end = p.begin+at, p.end+at
		places = append(places, p)
		at += len(part) + len(",")
	}
	return places, endpoints > 0 && len(places) > endpoints
}

func redisOption(part string) (place, bool) {
	name, value, named := strings.Cut(part, "=")
	if !named {
		name, value = "", part
	}
	begin := len(part) - len(strings.TrimLeftFunc(value, unicode.IsSpace))
	name, value = strings.TrimSpace(name), strings.TrimSpace(value)
	p := place{begin: begin, end: begin + len(value), path: name, name: name, text: value, loose: !named, encode: func(next string) (string, bool) {
		return next, !strings.Contains(next, ",") && strings.TrimSpace(next) == next && !strings.ContainsFunc(next, unicode.IsControl)
	}}
	if !named {
		return p, value == "" || redisEndpoint().MatchString(value)
	}
	return p, redisName().MatchString(name)
}
