package rules

import (
	"errors"
	"fmt"
	"slices"

	"rotunda/internal/access"
)

// Grant is what a rule allows.
type Grant struct {
	May     []access.Action `json:"may"`
	Secrets []string        `json:"secrets"`
}

// Granted returns what the caller may do, in the order of the rules.
func (r *Rules) Granted(caller *access.Caller) []Grant {
	all := []Grant{}
	for _, i := range r.about(caller) {
		all = append(all, Grant{May: r.rules[i].may, Secrets: r.rules[i].secrets})
	}
	return all
}

// GrantedFor returns what the caller may do to one secret.
func (r *Rules) GrantedFor(caller *access.Caller, secret string) []access.Action {
	all := []access.Action{}
	for _, action := range access.Actions {
		if r.Allows(caller, action, secret) {
			all = append(all, action)
		}
	}
	return all
}

// Because returns where in the file the rules are that let the caller do something, such as
// "line 3, rules[0]". There are none if Allows returns false.
func (r *Rules) Because(caller *access.Caller, action access.Action, secret string) []string {
	var places []string
	for _, i := range r.about(caller) {
		if compile(r.rules[i:i+1]).Allows(caller, action, secret) {
			places = append(places, r.rules[i].String())
		}
	}
	return places
}

// Ask answers a question in the words of the file's tests: may the one caller with all the marks
// of who do something to a secret, and by which rules?
func (r *Rules) Ask(marks []string, action, secret string) (because []string, err error) {
	var all []who
	var problems []error
	for _, text := range marks {
		mark, err := parseMark(text)
		all, problems = append(all, mark), append(problems, err)
	}
	line, err := parseLine(action + " " + secret)
	if err := errors.Join(append(problems, err)...); err != nil {
		return nil, err
	}
	caller, err := callerOf(all)
	if err != nil {
		return nil, err
	}
	return r.Because(caller, line.action, line.secret), nil
}

// Count returns how many rules there are, and how many lines their tests have.
func (r *Rules) Count() (rules, tests int) { return len(r.rules), r.tests }

// about returns the rules that are about the caller.
func (r *Rules) about(caller *access.Caller) []int {
	var all []int
	for grant := range r.of(caller) {
		all = append(all, grant.rules...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// run runs the tests of the file.
func (r *Rules) run(tests []test) error {
	var failed []error
	for _, t := range tests {
		switch allowed := r.Allows(t.caller, t.action, t.secret); {
		case allowed && !t.want:
			by := r.Because(t.caller, t.action, t.secret)[0]
			failed = append(failed, fmt.Errorf("%s: the test fails: %s may %s %s, by the rule in %s", t.place, t.name, t.action, t.secret, by))
		case !allowed && t.want:
			failed = append(failed, fmt.Errorf("%s: the test fails: %s may not %s %s, because no rule allows it", t.place, t.name, t.action, t.secret))
		}
	}
	return errors.Join(failed...)
}
