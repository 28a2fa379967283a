package host

import (
	"errors"
	"fmt"
	"strings"
)

// routeTemplate is a route in ASP.NET's notation: literals, {x}, {x?}, {x=default}, {*x}, each with constraints.
// Literals match in any case, and a trailing slash of the path means nothing.
//
// Source: dotnet/aspnetcore src/Http/Routing/src/Template/TemplateMatcher.cs. A segment that mixes text and parameters
// ({a}-{b}) is refused: it is the one part of the notation that is not here.
type routeTemplate []routeSegment

type routeSegment struct {
	literal     string
	parameter   string // "" for a literal
	optional    bool
	catchAll    bool
	hasDefault  bool
	fallback    string
	constraints []constraint
}

func parseTemplate(route string) (routeTemplate, error) {
	var template routeTemplate
	seen := map[string]bool{}
	for _, text := range strings.Split(strings.Trim(route, "/"), "/") {
		segment, err := parseSegment(text)
		if err != nil {
			return nil, fmt.Errorf("route %q: %w", route, err)
		}
		if len(template) > 0 && template[len(template)-1].catchAll {
			return nil, fmt.Errorf("route %q: nothing may follow a catch-all parameter", route)
		}
		if name := strings.ToLower(segment.parameter); name != "" && seen[name] {
			return nil, fmt.Errorf("route %q: parameter %q is there twice", route, segment.parameter)
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
			return routeSegment{}, fmt.Errorf("segment %q has a ? or ~ in it, which a route may not", text)
		}
		return routeSegment{literal: text}, nil
	}
	inner, ok := strings.CutPrefix(text, "{")
	if ok {
		inner, ok = strings.CutSuffix(inner, "}")
	}
	bare := strings.NewReplacer("{{", "", "}}", "").Replace(inner)
	if !ok || strings.ContainsAny(bare, "{}") {
		return routeSegment{}, fmt.Errorf("segment %q must be either text or one {parameter}", text)
	}
	return parseParameter(strings.NewReplacer("{{", "{", "}}", "}").Replace(inner))
}

// parseParameter reads what stands between the braces: [*]name[:constraint]...[=default][?].
func parseParameter(text string) (segment routeSegment, err error) {
	trimmed := strings.TrimLeft(text, "*")
	segment.catchAll = trimmed != text
	trimmed, segment.optional = strings.CutSuffix(trimmed, "?")
	name := trimmed[:len(trimmed)-len(strings.TrimLeftFunc(trimmed, isNameRune))]
	if name == "" {
		return segment, fmt.Errorf("parameter {%s} has no name", text)
	}
	segment.parameter = name
	rest := trimmed[len(name):]
	segment.constraints, rest, err = parseConstraints(rest)
	if err != nil {
		return segment, fmt.Errorf("parameter {%s}: %w", text, err)
	}
	if segment.fallback, segment.hasDefault = strings.CutPrefix(rest, "="); !segment.hasDefault && rest != "" {
		return segment, fmt.Errorf("parameter {%s}: %q is not understood", text, rest)
	}
	if segment.hasDefault && segment.optional {
		return segment, fmt.Errorf("parameter {%s} has a default, so it can't be optional as well", text)
	}
	return segment, nil
}

func isNameRune(r rune) bool { return !strings.ContainsRune(":=?*{}/", r) }

// match tries a path, decoded and without its prefix, and gives the parameters that have a value.
func (t routeTemplate) match(path string) (map[string]string, bool) {
	values := map[string]string{}
	rest := strings.Split(strings.TrimSuffix(strings.TrimPrefix(path, "/"), "/"), "/")
	if len(rest) == 1 && rest[0] == "" {
		rest = nil
	}
	for _, segment := range t {
		value, left, ok := segment.take(rest)
		if !ok {
			return nil, false
		}
		rest = left
		if segment.parameter != "" && value != "" {
			values[segment.parameter] = value
		}
	}
	return values, len(rest) == 0
}

// take matches one segment of the template against the front of the path.
func (s routeSegment) take(path []string) (value string, rest []string, ok bool) {
	switch {
	case s.catchAll && len(path) > 0:
		return s.checked(strings.Join(path, "/"), nil)
	case len(path) == 0 && s.hasDefault:
		return s.checked(s.fallback, nil)
	case len(path) == 0:
		return "", nil, s.optional || s.catchAll
	case s.parameter == "":
		return "", path[1:], strings.EqualFold(s.literal, path[0])
	case path[0] == "":
		return "", nil, false
	}
	return s.checked(path[0], path[1:])
}

func (s routeSegment) checked(value string, rest []string) (string, []string, bool) {
	for _, holds := range s.constraints {
		if !holds(value) {
			return "", nil, false
		}
	}
	return value, rest, true
}
