package host

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

// constraint tells whether a parameter's value is allowed.
type constraint func(value string) bool

var (
	guidForm    = regexp.MustCompile(`(?i)^(?:[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|\{[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\}|\([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\))$`)
	lettersOnly = regexp.MustCompile(`(?i)^[a-z]*$`)
)

// plainConstraints take no argument. Source: dotnet/aspnetcore src/Http/Routing/src/RouteOptions.cs.
var plainConstraints = map[string]constraint{
	"int":      func(v string) bool { _, err := strconv.ParseInt(v, 10, 32); return err == nil },
	"long":     func(v string) bool { _, err := strconv.ParseInt(v, 10, 64); return err == nil },
	"float":    func(v string) bool { _, err := strconv.ParseFloat(v, 32); return err == nil },
	"double":   func(v string) bool { _, err := strconv.ParseFloat(v, 64); return err == nil },
	"bool":     func(v string) bool { return strings.EqualFold(v, "true") || strings.EqualFold(v, "false") },
	"guid":     guidForm.MatchString,
	"alpha":    lettersOnly.MatchString,
	"required": func(v string) bool { return v != "" },
}

// numberConstraints take one or two whole numbers.
var numberConstraints = map[string]func(bounds []int64) (constraint, bool){
	"length": func(b []int64) (constraint, bool) {
		return func(v string) bool { return between(length(v), b[0], b[len(b)-1]) }, true
	},
	"minlength": func(b []int64) (constraint, bool) {
		return func(v string) bool { return length(v) >= b[0] }, len(b) == 1
	},
	"maxlength": func(b []int64) (constraint, bool) {
		return func(v string) bool { return length(v) <= b[0] }, len(b) == 1
	},
	"min": func(b []int64) (constraint, bool) { return whole(func(n int64) bool { return n >= b[0] }), len(b) == 1 },
	"max": func(b []int64) (constraint, bool) { return whole(func(n int64) bool { return n <= b[0] }), len(b) == 1 },
	"range": func(b []int64) (constraint, bool) {
		return whole(func(n int64) bool { return between(n, b[0], b[len(b)-1]) }), len(b) == 2
	},
}

func length(value string) int64 { return int64(utf8.RuneCountInString(value)) }

func between(n, low, high int64) bool { return low <= n && n <= high }

func whole(holds func(int64) bool) constraint {
	return func(value string) bool {
		n, err := strconv.ParseInt(value, 10, 64)
		return err == nil && holds(n)
	}
}

// parseConstraints reads :name or :name(argument), one after the other, and gives what follows them.
func parseConstraints(text string) (constraints []constraint, rest string, err error) {
	for strings.HasPrefix(text, ":") {
		name, argument, after, err := cutConstraint(text[1:])
		if err != nil {
			return nil, "", err
		}
		next, err := newConstraint(name, argument)
		if err != nil {
			return nil, "", err
		}
		constraints, text = append(constraints, next), after
	}
	return constraints, text, nil
}

// cutConstraint splits off one constraint. An argument runs to the bracket that closes it, as a regex may hold brackets.
func cutConstraint(text string) (name, argument, rest string, err error) {
	end := strings.IndexAny(text, "(:=")
	if end < 0 {
		return text, "", "", nil
	}
	if text[end] != '(' {
		return text[:end], "", text[end:], nil
	}
	depth := 0
	for i, r := range text[end:] {
		switch r {
		case '(':
			depth++
		case ')':
			depth--
		}
		if depth == 0 {
			return text[:end], text[end+1 : end+i], text[end+i+1:], nil
		}
	}
	return "", "", "", fmt.Errorf("constraint %q lacks a closing bracket", text)
}

func newConstraint(name, argument string) (constraint, error) {
	if plain, ok := plainConstraints[name]; ok && argument == "" {
		return plain, nil
	}
	if name == "regex" {
		pattern, err := regexp.Compile("(?i)" + argument) // .NET's is unanchored and ignores case too
		if err != nil {
			return nil, fmt.Errorf("constraint regex: %w", err)
		}
		return pattern.MatchString, nil
	}
	if build, ok := numberConstraints[name]; ok {
		if bounds := parseBounds(argument); bounds != nil {
			if made, ok := build(bounds); ok {
				return made, nil
			}
		}
		return nil, fmt.Errorf("constraint %s(%s) has the wrong numbers in its brackets", name, argument)
	}
	return nil, fmt.Errorf("constraint %q is unknown", name)
}

// parseBounds reads one or two whole numbers with a comma between them, or gives nil.
func parseBounds(argument string) []int64 {
	var bounds []int64
	for _, text := range strings.Split(argument, ",") {
		n, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
		if err != nil {
			return nil
		}
		bounds = append(bounds, n)
	}
	if len(bounds) > 2 {
		return nil
	}
	return bounds
}
