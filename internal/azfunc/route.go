package azfunc

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"rotunda/internal/lazyregexp"
)

// catchAll is the route of the one function that serves requests that no other route matches.
const catchAll = "{*path}"

// patterns translates a route of function.json into templates of gorilla/mux: one, or two if the
// last parameter is optional. It supports the part of the host's syntax that the app uses: {x}, a
// final {x?}, and :length(n). Anything else is an error. Like the host, it ignores the case of
// literals and a trailing slash.
func patterns(prefix, route string) ([]string, error) {
	segments := strings.Split(strings.Trim(prefix+"/"+route, "/"), "/")
	var template strings.Builder
	var found []string
	for i, segment := range segments {
		part, optional, err := translate(segment, i)
		if err != nil {
			return nil, fmt.Errorf("route %q: %w", route, err)
		}
		if optional && i != len(segments)-1 {
			return nil, fmt.Errorf("route %q: only the last parameter may be optional", route)
		}
		if optional {
			found = append(found, template.String()+"{slash:/?}")
		}
		template.WriteString("/" + part)
	}
	return append(found, template.String()+"{slash:/?}"), nil
}

var (
	literal   = lazyregexp.New(`^[A-Za-z0-9.-]+$`)
	parameter = lazyregexp.New(`^\{([A-Za-z][A-Za-z0-9]*)(?::length\((\d+)\))?(\?)?\}$`)
)

func translate(segment string, index int) (pattern string, optional bool, err error) {
	if literal().MatchString(segment) {
		return fmt.Sprintf("{literal%d:(?i:%s)}", index, regexp.QuoteMeta(segment)), false, nil
	}
	match := parameter().FindStringSubmatch(segment)
	if match == nil {
		return "", false, fmt.Errorf("segment %q is not of the form text, {x}, {x?} or {x:length(n)}", segment)
	}
	name, length, optional := match[1], match[2], match[3] != ""
	if length == "" {
		return "{" + name + ":[^/]+}", optional, nil
	}
	if n, err := strconv.Atoi(length); err != nil || n < 1 || n > 1000 {
		return "", false, fmt.Errorf("segment %q: the length must be 1 to 1000", segment)
	}
	return "{" + name + ":[^/]{" + length + "}}", optional, nil
}
