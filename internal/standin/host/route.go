package host

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

// routeTemplate is a route in ASP.NET's notation, of which this part is supported: text, {x},
// {x?}, {x:length(n)}, {x:length(n)?} and {*x}. Text matches in any case, and a trailing slash of
// the path is ignored.
//
// Source: dotnet/aspnetcore src/Http/Routing/src/Template/TemplateMatcher.cs.
type routeTemplate []routeSegment

const supportedSegments = "text, {x}, {x?}, {x:length(n)}, {x:length(n)?} and {*x}"

type routeSegment struct {
	literal   string
	parameter string // "" for text
	length    int    // of the parameter's value; 0 for any
	optional  bool
	catchAll  bool
}

// parameterForm is the supported part of [*]name[:constraint]...[=default][?].
var parameterForm = regexp.MustCompile(`^\{(\*?)([A-Za-z][A-Za-z0-9_]*)(?::length\(([1-9][0-9]{0,3})\))?(\??)\}$`)

func parseTemplate(route string) (routeTemplate, error) {
	var template routeTemplate
	seen := map[string]bool{}
	for text := range strings.SplitSeq(strings.Trim(route, "/"), "/") {
		segment, err := parseSegment(text)
		if err != nil {
			return nil, fmt.Errorf("route %q: %w", route, err)
		}
		if len(template) > 0 && template[len(template)-1].catchAll {
			return nil, fmt.Errorf("route %q: nothing may follow a catch-all parameter", route)
		}
		if name := strings.ToLower(segment.parameter); name != "" && seen[name] {
			return nil, fmt.Errorf("route %q: parameter %q occurs twice", route, segment.parameter)
		}
		seen[strings.ToLower(segment.parameter)] = true
		template = append(template, segment)
	}
	return template, nil
}

func parseSegment(text string) (routeSegment, error) {
	if text == "" {
		return routeSegment{}, errors.New("it has an empty segment")
	}
	if !strings.ContainsAny(text, "{}") {
		if strings.ContainsAny(text, "?~") {
			return routeSegment{}, fmt.Errorf("segment %q contains a ? or ~, which is not allowed", text)
		}
		return routeSegment{literal: text}, nil
	}
	match := parameterForm.FindStringSubmatch(text)
	if match == nil || match[1] != "" && match[3]+match[4] != "" {
		return routeSegment{}, unsupported(supportedSegments, "segment %q", text)
	}
	return routeSegment{parameter: match[2], length: number(match[3]), optional: match[4] != "", catchAll: match[1] != ""}, nil
}

// number converts digits that a pattern has already checked; no digits are 0.
func number(digits string) int {
	n, _ := strconv.Atoi(digits)
	return n
}

// match reports whether a decoded path matches.
func (t routeTemplate) match(path string) bool {
	rest := strings.Split(strings.TrimSuffix(strings.TrimPrefix(path, "/"), "/"), "/")
	if len(rest) == 1 && rest[0] == "" {
		rest = nil
	}
	for _, segment := range t {
		var ok bool
		if rest, ok = segment.take(rest); !ok {
			return false
		}
	}
	return len(rest) == 0
}

// take matches one segment with the front of the path, and returns the rest of the path.
func (s routeSegment) take(path []string) (rest []string, ok bool) {
	switch {
	case s.catchAll:
		return nil, true
	case len(path) == 0:
		return nil, s.optional
	case s.parameter == "":
		return path[1:], strings.EqualFold(s.literal, path[0])
	default:
		return path[1:], path[0] != "" && (s.length == 0 || utf8.RuneCountInString(path[0]) == s.length)
	}
}
