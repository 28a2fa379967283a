package truth

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

var (
	plusDays = regexp.MustCompile(`^\$plusDays\(\{([a-z]\.[a-z][0-9]+)\},([0-9]+)\)$`)
	nextLink = regexp.MustCompile(`^\$nextLink\(\{([a-z]\.[a-z]+)\}\)$`)
)

// matchTemplate compares a JSON value with a template that is a string.
func (m matcher) matchTemplate(want string, got any) error {
	switch want {
	case "$any":
		return nil
	case "$null":
		return holds(got == nil, got, "null")
	case "$unixtime":
		return isInteger(got)
	}
	if parts := plusDays.FindStringSubmatch(want); parts != nil {
		return m.matchPlusDays(parts[1], parts[2], got)
	}
	if parts := onlyTime.FindStringSubmatch(want); parts != nil {
		if err := isInteger(got); err != nil {
			return err
		}
		return m.captures.capture(parts[1], got)
	}
	text, ok := got.(string)
	if !ok {
		return fmt.Errorf("%v is not a string, want %s", got, want)
	}
	if parts := nextLink.FindStringSubmatch(want); parts != nil {
		return m.matchLink(parts[1], text)
	}
	return m.matchString(want, text)
}

func holds(ok bool, got any, want string) error {
	if !ok {
		return fmt.Errorf("%v, want %s", got, want)
	}
	return nil
}

func isInteger(got any) error {
	number, _ := got.(json.Number)
	_, err := strconv.ParseInt(string(number), 10, 64)
	return holds(err == nil, got, "an integer")
}

func (m matcher) matchPlusDays(name, days string, got any) error {
	n, err := strconv.ParseInt(days, 10, 64)
	if err != nil {
		return err
	}
	want, err := m.captures.plusDays(name, n)
	if err != nil {
		return err
	}
	return holds(got == want, got, string(want))
}

// matchString compares a text with a template: a regular expression between slashes, or text with
// placeholders.
func (p *player) matchString(want, got string) error {
	if want == "$string" {
		return nil
	}
	if len(want) > 1 && strings.HasPrefix(want, "/") && strings.HasSuffix(want, "/") {
		expression, err := regexp.Compile(want[1 : len(want)-1])
		if err != nil {
			return err
		}
		return holds(expression.MatchString(got), got, want)
	}
	return p.captures.match(want, got)
}

// match compares a text with a template, and captures new values.
func (c captures) match(want, got string) error {
	pattern, names := c.pattern(want)
	found := pattern.FindStringSubmatch(got)
	if found == nil {
		return fmt.Errorf("%q, want %q (as %s)", got, want, pattern)
	}
	for i, name := range names {
		if err := c.capture(name, found[i+1]); err != nil {
			return err
		}
	}
	return nil
}

// pattern returns a template as a regular expression with a group for each placeholder without a
// value, and their names.
func (c captures) pattern(template string) (*regexp.Regexp, []string) {
	template = c.urls(template)
	var names []string
	expression, last := "^", 0
	for _, at := range placeholder.FindAllStringSubmatchIndex(template, -1) {
		expression += regexp.QuoteMeta(template[last:at[0]])
		last = at[1]
		name := template[at[2]:at[3]]
		value, ok := c.value(name)
		switch {
		case ok:
			expression += regexp.QuoteMeta(fmt.Sprint(value))
			continue
		case versionName.MatchString(name):
			expression += "([0-9a-f]{32})"
		default:
			expression += "(.+)"
		}
		names = append(names, name)
	}
	return regexp.MustCompile("(?s)" + expression + regexp.QuoteMeta(template[last:]) + "$"), names
}
