package rules

import (
	"slices"
	"strings"
)

// names is a set of secrets, given by patterns. The cost of looking up a name depends on how many
// different lengths the texts before or after a * have, which can't be more than a name is long,
// and not on the number of patterns. Only patterns with text on both sides of a * are compared one
// by one, among those with the same beginning.
type names struct {
	every  bool
	exact  map[string]struct{}
	starts affixes // patterns that begin with text, by that text
	ends   affixes // patterns that begin with *, by the text after the last *
}

type affixes struct {
	lengths  []int // of the texts, each once
	patterns map[string][]pattern
}

// add adds a pattern in lower case.
func (n *names) add(text string) {
	p := pattern(strings.Split(text, "*"))
	switch first, last := p[0], p[len(p)-1]; {
	case len(p) == 1:
		if n.exact == nil {
			n.exact = map[string]struct{}{}
		}
		n.exact[text] = struct{}{}
	case strings.Trim(text, "*") == "":
		n.every = true
	case first != "":
		n.starts.add(first, p)
	default:
		n.ends.add(last, p)
	}
}

func (a *affixes) add(text string, p pattern) {
	if a.patterns == nil {
		a.patterns = map[string][]pattern{}
	}
	if !slices.Contains(a.lengths, len(text)) {
		a.lengths = append(a.lengths, len(text))
	}
	if !slices.ContainsFunc(a.patterns[text], func(other pattern) bool { return slices.Equal(other, p) }) {
		a.patterns[text] = append(a.patterns[text], p)
	}
}

// has reports whether a name in lower case is in the set.
func (n *names) has(name string) bool {
	if n == nil {
		return false
	}
	if _, found := n.exact[name]; n.every || found {
		return true
	}
	for _, length := range n.starts.lengths {
		if length <= len(name) && matchAny(n.starts.patterns[name[:length]], name) {
			return true
		}
	}
	for _, length := range n.ends.lengths {
		if length <= len(name) && matchAny(n.ends.patterns[name[len(name)-length:]], name) {
			return true
		}
	}
	return false
}

func matchAny(patterns []pattern, name string) bool {
	return slices.ContainsFunc(patterns, func(p pattern) bool { return p.matches(name) })
}

// pattern is the texts between the stars of a pattern. A star stands for any characters, or none.
type pattern []string

func (p pattern) matches(name string) bool {
	first, last := p[0], p[len(p)-1]
	if len(p) == 1 {
		return name == first
	}
	rest, found := strings.CutPrefix(name, first)
	if !found {
		return false
	}
	if rest, found = strings.CutSuffix(rest, last); !found {
		return false
	}
	for _, middle := range p[1 : len(p)-1] {
		if _, rest, found = strings.Cut(rest, middle); !found {
			return false
		}
	}
	return true
}
