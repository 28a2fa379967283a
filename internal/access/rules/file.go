package rules

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"rotunda/internal/access"
	"rotunda/internal/secret"
)

// rule is a rule as the file has it, with who and secrets in the form in which they are compared.
type rule struct {
	place
	who     []who
	may     []access.Action
	secrets []string
}

// test is one line of a test: whether its caller may do something to a secret.
type test struct {
	place
	line
	caller *access.Caller
	name   string
	want   bool
}

// file is the rules and tests of a file, and what is wrong with them.
type file struct {
	rules    []rule
	tests    []test
	problems []error
}

func readFile(v value) (file, error) {
	var f file
	fields := f.object(v, []string{"rules"}, "tests")
	for _, rule := range f.items(fields["rules"]) {
		f.readRule(rule)
	}
	for _, test := range f.items(fields["tests"]) {
		f.readTests(test)
	}
	return f, errors.Join(f.problems...)
}

func (f *file) wrong(at place, format string, args ...any) {
	f.problems = append(f.problems, fmt.Errorf("%s: %w", at, fmt.Errorf(format, args...)))
}

// object returns the fields of an object: all that are needed, and any optional ones.
func (f *file) object(v value, needed []string, optional ...string) map[string]value {
	if v.kind != object {
		f.wrong(v.place, "it is %s: it must be an object with %s", v.kind, strings.Join(needed, ", "))
		return nil
	}
	known := slices.Concat(needed, optional)
	found := map[string]value{}
	for _, field := range v.fields {
		if _, twice := found[field.name]; twice {
			f.wrong(field.place, "the field is there twice: remove one")
		} else if !slices.Contains(known, field.name) {
			f.wrong(field.place, "%q is not a field here: the fields are %s", secret.Clip(field.name, 40), strings.Join(known, ", "))
		}
		found[field.name] = field.value
	}
	for _, name := range needed {
		if _, ok := found[name]; !ok {
			f.wrong(v.place, "the field %s is missing", name)
		}
	}
	return found
}

func (f *file) items(v value) []value {
	if v.kind != list && v.line != 0 {
		f.wrong(v.place, "it is %s: it must be a list", v.kind)
	}
	return v.list
}

// texts returns what read makes of each string of a list, which must not be empty.
func texts[T any](f *file, v value, read func(string) (T, error)) []T {
	var all []T
	if v.kind == list && len(v.list) == 0 {
		f.wrong(v.place, "the list is empty")
	}
	for _, item := range f.items(v) {
		if item.kind != text {
			f.wrong(item.place, "it is %s: it must be a string", item.kind)
		} else if read, err := read(item.text); err != nil {
			f.wrong(item.place, "%w", err)
		} else {
			all = append(all, read)
		}
	}
	return all
}

func (f *file) readRule(v value) {
	fields := f.object(v, []string{"who", "may", "secrets"})
	r := rule{
		place: v.place, who: texts(f, fields["who"], parseWho), may: texts(f, fields["may"], parseAction), secrets: texts(f, fields["secrets"], parsePattern),
	}
	if slices.Contains(r.may, access.Restore) && r.secrets != nil && !slices.Contains(r.secrets, "*") {
		f.wrong(fields["secrets"].place, `restore needs "*", because only the vault can read the name in a backup: give it a rule of its own`)
	}
	f.rules = append(f.rules, r)
}

func (f *file) readTests(v value) {
	fields := f.object(v, []string{"who"}, "may", "mayNot")
	about := f.readCaller(fields["who"])
	may, isMay := fields["may"]
	mayNot, isMayNot := fields["mayNot"]
	if fields != nil && !isMay && !isMayNot {
		f.wrong(v.place, "the test tests nothing: add may or mayNot")
	}
	f.readLines(may, about, true)
	f.readLines(mayNot, about, false)
}

// readCaller returns the caller of a test.
func (f *file) readCaller(v value) test {
	marks := texts(f, v, parseMark)
	caller, err := callerOf(marks)
	if err != nil {
		f.wrong(v.place, "%w", err)
	}
	return test{caller: caller, name: strings.Trim(fmt.Sprint(marks), "[]")}
}

func (f *file) readLines(v value, t test, want bool) {
	if v.line == 0 {
		return
	}
	for i, line := range texts(f, v, parseLine) {
		t.place, t.line, t.want = v.list[i].place, line, want
		f.tests = append(f.tests, t)
	}
}

// line is a line of a test.
type line struct {
	action access.Action
	secret string
}

// parseLine parses a line such as "getSecret payments-db".
func parseLine(text string) (line, error) {
	word, name, found := strings.Cut(text, " ")
	if !found {
		return line{}, fmt.Errorf("%q must be an action, a space and the name of a secret, such as getSecret payments-db", text)
	}
	action, err := parseAction(word)
	if err != nil {
		return line{}, err
	}
	if _, err := secret.ParseName(name); err != nil {
		return line{}, fmt.Errorf("%q is not the name of a secret: use 1 to %d of 0-9, a-z, A-Z and -", name, secret.MaxNameLength)
	}
	return line{action, name}, nil
}

func parseAction(word string) (access.Action, error) {
	for _, action := range access.Actions {
		if string(action) == word {
			return action, nil
		}
		if strings.EqualFold(string(action), word) {
			return "", fmt.Errorf("%q is not an action: write %s", word, action)
		}
	}
	if word == "*" {
		return "", errors.New(`"*" is not an action: list the actions, so that one which a later version adds is not allowed unseen`)
	}
	return "", fmt.Errorf("%q is not an action: the actions are %s", word, strings.Trim(fmt.Sprint(access.Actions), "[]"))
}

// parsePattern returns a pattern of names in lower case: to Key Vault, Db and db are one secret.
func parsePattern(text string) (string, error) {
	literal := strings.ReplaceAll(text, "*", "")
	if literal == "" && text != "" {
		return "*", nil
	}
	if _, err := secret.ParseName(literal); err != nil {
		return "", fmt.Errorf("%q matches no name: use 1 to %d of 0-9, a-z, A-Z and -, and * for any others", text, secret.MaxNameLength)
	}
	return strings.ToLower(text), nil
}

// parseMark parses a who of a test, which is one caller's.
func parseMark(text string) (who, error) {
	if strings.Contains(text, "*") {
		return who{}, fmt.Errorf("%q has a wildcard: a test is about one caller", text)
	}
	return parseWho(text)
}
