// Package rules decides what a caller may do to a secret. Rules come from a file, access.json.
// They only allow; what no rule allows is denied. The file holds tests of its own, which run
// whenever it is parsed.
//
// The package reads no file and knows no HTTP. It does not say who a caller is: package signin
// does.
package rules

import (
	"iter"
	"strings"

	"rotunda/internal/access"
)

// Rules are the rules of a file, compiled: what a decision costs does not depend on how many
// there are. They do not change, so any number of goroutines may use them. Nil rules allow
// nothing.
type Rules struct {
	rules []rule
	marks map[who]*grant
	wild  affixes // the principals with a wildcard, by the text before the first *
	tests int
}

// grant is what the rules with one who allow.
type grant struct {
	secrets map[access.Action]*names
	rules   []int
}

// Parse compiles the rules of a file and runs its tests. The error holds every reason, joined:
// where in the file it is and what to do.
func Parse(text []byte) (*Rules, error) {
	v, err := parse(text)
	if err != nil {
		return nil, err
	}
	f, err := readFile(v)
	if err != nil {
		return nil, err
	}
	r := compile(f.rules)
	r.tests = len(f.tests)
	if err := r.run(f.tests); err != nil {
		return nil, err
	}
	return r, nil
}

func compile(rules []rule) *Rules {
	r := &Rules{rules: rules, marks: map[who]*grant{}}
	for i, rule := range rules {
		for _, who := range rule.who {
			r.grant(who).add(i, rule)
		}
	}
	return r
}

// grant returns the grant of a who, which may have a wildcard.
func (r *Rules) grant(w who) *grant {
	g := r.marks[w]
	if g == nil {
		g = &grant{secrets: map[access.Action]*names{}}
		r.marks[w] = g
		if before, _, wild := strings.Cut(w.text, "*"); wild {
			r.wild.add(before, pattern{w.text})
		}
	}
	return g
}

func (g *grant) add(i int, rule rule) {
	g.rules = append(g.rules, i)
	for _, action := range rule.may {
		if g.secrets[action] == nil {
			g.secrets[action] = &names{}
		}
		for _, pattern := range rule.secrets {
			g.secrets[action].add(pattern)
		}
	}
}

// Allows reports whether the caller may do something to a secret, whose name may be in any case.
func (r *Rules) Allows(caller *access.Caller, action access.Action, secret string) bool {
	secret = strings.ToLower(secret)
	for grant := range r.of(caller) {
		if grant.secrets[action].has(secret) {
			return true
		}
	}
	return false
}

// AllowsAny reports whether there can be a secret to which the caller may do something.
func (r *Rules) AllowsAny(caller *access.Caller, action access.Action) bool {
	for grant := range r.of(caller) {
		if grant.secrets[action] != nil {
			return true
		}
	}
	return false
}

// AllowsEvery reports whether one rule lets the caller do something to every secret. A restore
// needs it, because the name in a backup can't be read before the vault has restored it.
func (r *Rules) AllowsEvery(caller *access.Caller, action access.Action) bool {
	for grant := range r.of(caller) {
		if secrets := grant.secrets[action]; secrets != nil && secrets.every {
			return true
		}
	}
	return false
}

// of returns the grants that a caller has.
func (r *Rules) of(c *access.Caller) iter.Seq[*grant] {
	return func(yield func(*grant) bool) {
		if r == nil || c == nil {
			return
		}
		ok := r.mark(whoObject, strings.ToLower(c.Object), yield) && r.mark(whoApplication, strings.ToLower(c.Application), yield)
		for i := 0; ok && i < len(c.Roles); i++ {
			ok = r.mark(whoRole, c.Roles[i], yield)
		}
		for i := 0; ok && i < len(c.Groups); i++ {
			ok = r.mark(whoGroup, strings.ToLower(c.Groups[i]), yield)
		}
		if ok && c.Principal != "" {
			r.principal(c.Principal, yield)
		}
	}
}

// mark yields the grant of one mark of a caller, and reports whether to go on.
func (r *Rules) mark(kind, text string, yield func(*grant) bool) bool {
	g := r.marks[who{kind, text}]
	return g == nil || yield(g)
}

// principal yields the grants of a principal, whose text can't be taken for another kind of mark.
func (r *Rules) principal(text string, yield func(*grant) bool) {
	if !r.mark(whoPrincipal, text, yield) {
		return
	}
	for _, length := range r.wild.lengths {
		if length > len(text) {
			continue
		}
		for _, p := range r.wild.patterns[text[:length]] {
			if matchPrincipal(p[0], text) && !r.mark(whoPrincipal, p[0], yield) {
				return
			}
		}
	}
}
