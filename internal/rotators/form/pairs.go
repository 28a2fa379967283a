package form

import (
	"regexp"
	"slices"
	"strings"

	"rotunda/internal/lazyregexp"
)

// pairs reads name=value pairs that are divided by semicolons.
type pairs struct {
	text   string
	at     int
	quotes quoting
	found  []place
}

// quoting is how a kind of connection string quotes a value.
type quoting struct {
	name *regexp.Regexp
	// doubled means that == in a name is a = of it.
	doubled bool
	// value returns the end of the value that begins at an index, and what it is. It is not ok if
	// the text breaks the rules.
	value func(text string, begin int) (_ place, ok bool)
}

// readPairs returns the values in a text from an index on.
func readPairs(text string, at int, quotes quoting) ([]place, bool) {
	p := &pairs{text: text, at: at, quotes: quotes}
	for p.skip(" \t\r\n;"); p.at < len(text); p.skip(" \t\r\n;") {
		if !p.pair() {
			return nil, false
		}
	}
	return p.found, len(p.found) > 0
}

func (p *pairs) skip(what string) {
	for p.at < len(p.text) && strings.IndexByte(what, p.text[p.at]) >= 0 {
		p.at++
	}
}

func (p *pairs) pair() bool {
	name, ok := p.pairName()
	if !ok {
		return false
	}
	p.skip(" \t\r\n")
	value, ok := p.quotes.value(p.text, p.at)
	if !ok {
		return false
	}
	value.path, value.name = name, name
	p.found = append(p.found, value)
	p.at = value.end
	p.skip(" \t\r\n")
	return p.at == len(p.text) || p.text[p.at] == ';'
}

func (p *pairs) pairName() (string, bool) {
	begin := p.at
	for ; p.at < len(p.text); p.at++ {
		if p.text[p.at] != '=' {
			continue
		}
		if p.quotes.doubled && strings.HasPrefix(p.text[p.at:], "==") {
			p.at++
			continue
		}
		name := strings.TrimSpace(p.text[begin:p.at])
		p.at++
		return name, p.quotes.name.MatchString(name)
	}
	return "", false
}

// pairName matches the names in connection strings. No form is that strict, but no driver has a
// name that is not so.
var pairName = lazyregexp.New(`^[A-Za-z][A-Za-z0-9 _.=-]*$`)

// until returns the index of the next byte of stop in a text, or its end.
func until(text string, begin int, stop string) int {
	if i := strings.IndexAny(text[begin:], stop); i >= 0 {
		return begin + i
	}
	return len(text)
}

// quoted returns the end of a quoted text that begins at an index, and the text. A doubled closing
// quote is one of the text.
func quoted(text string, begin int, closing string) (end int, inner string, ok bool) {
	for at := begin + 1; at < len(text); at++ {
		if !strings.HasPrefix(text[at:], closing) {
			continue
		}
		if !strings.HasPrefix(text[at+1:], closing) {
			return at + 1, strings.ReplaceAll(text[begin+1:at], closing+closing, closing), true
		}
		at++
	}
	return 0, "", false
}

// hasName reports whether one of the places has one of the names, in any case.
func hasName(places []place, names ...string) bool {
	return slices.ContainsFunc(places, func(p place) bool {
		return slices.ContainsFunc(names, func(name string) bool { return strings.EqualFold(p.name, name) })
	})
}
