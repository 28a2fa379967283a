package rules_test

import (
	"encoding/json"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"

	"rotunda/internal/access"
	"rotunda/internal/access/rules"
)

// written is a file before it is parsed.
type written struct {
	Rules []writtenRule `json:"rules"`
}

type writtenRule struct {
	Who     []string        `json:"who"`
	May     []access.Action `json:"may"`
	Secrets []string        `json:"secrets"`
}

// allows decides as slowly as docs/access-rules.md explains it: every rule, one after the other.
func (w written) allows(caller *access.Caller, action access.Action, secret string) bool {
	for _, rule := range w.Rules {
		if anyOf(rule.Who, func(who string) bool { return is(caller, who) }) &&
			anyOf(rule.May, func(may access.Action) bool { return may == action }) &&
			anyOf(rule.Secrets, func(pattern string) bool { return glob("(?i)", pattern, ".*", ".*").MatchString(secret) }) {
			return true
		}
	}
	return false
}

func anyOf[T any](all []T, ok func(T) bool) bool {
	for _, one := range all {
		if ok(one) {
			return true
		}
	}
	return false
}

func is(caller *access.Caller, who string) bool {
	kind, text, _ := strings.Cut(who, ":")
	same := func(mark string) bool { return mark == text }
	switch kind {
	case "oid":
		return caller.Object == text
	case "app":
		return caller.Application == text
	case "role":
		return anyOf(caller.Roles, same)
	case "group":
		return anyOf(caller.Groups, same)
	}
	return glob("", who, "[^:/]+", "[^:/].*").MatchString(caller.Principal)
}

// glob returns the expression of a pattern, given what a * stands for, and what the last
// character stands for if it is one.
func glob(flags, pattern, star, last string) *regexp.Regexp {
	key := strings.Join([]string{flags, pattern, star, last}, " ")
	if globs[key] == nil {
		globs[key] = newGlob(flags, pattern, star, last)
	}
	return globs[key]
}

var globs = map[string]*regexp.Regexp{}

func newGlob(flags, pattern, star, last string) *regexp.Regexp {
	inner, ends := strings.CutSuffix(pattern, "*")
	text := strings.ReplaceAll(regexp.QuoteMeta(inner), `\*`, star)
	if ends {
		text += last
	}
	return regexp.MustCompile(flags + "^" + text + "$")
}

// TestAgainstANaiveMatcher makes small worlds, so that rules and requests often meet.
func TestAgainstANaiveMatcher(t *testing.T) {
	seed := rand.Uint64()
	random := rand.New(rand.NewPCG(seed, 0))
	allowed := 0
	for range 150 {
		w := randomRules(random)
		file, err := json.Marshal(w)
		if err != nil {
			t.Fatal(err)
		}
		r := parse(t, string(file))
		for range 100 {
			caller, action, name := randomCaller(random), pick(random, access.Actions[:3]), randomName(random, "abAB-")
			want := w.allows(caller, action, name)
			if want {
				allowed++
			}
			if got := r.Allows(caller, action, name); got != want {
				t.Fatalf("seed %d: %s\n%+v may %s %s: %v", seed, file, *caller, action, name, got)
			}
			if because := r.Because(caller, action, name); (len(because) > 0) != want {
				t.Fatalf("seed %d: %s\n%+v may %s %s because of %q", seed, file, *caller, action, name, because)
			}
			if want && !r.AllowsAny(caller, action) {
				t.Fatalf("seed %d: AllowsAny denies what Allows allows", seed)
			}
		}
	}
	if allowed < 300 {
		t.Errorf("seed %d: only %d requests were allowed, so the test shows little", seed, allowed)
	}
}

var (
	ids        = []string{"aaaaaaaa-0000-4000-8000-000000000001", "aaaaaaaa-0000-4000-8000-000000000002"}
	roleNames  = []string{"A", "B"}
	principals = []string{"x:a/b:c", "x:a/b:c/d", "x:a/bb:c", "x:a/b/b:c", "x:aa/b:c", "y:a/b:c", "x:a/", "x:a//b"}
	whos       = []string{
		"oid:" + ids[0], "app:" + ids[0], "group:" + ids[1], "role:A", "role:B", "x:a/b:c", "x:a/*", "x:a/*:c", "x:a/b:*", "x:a/*/*:c", "x:a/*:*",
	}
)

func pick[T any](random *rand.Rand, from []T) T { return from[random.IntN(len(from))] }

func some[T any](random *rand.Rand, atLeast int, one func() T) []T {
	var all []T
	for range atLeast + random.IntN(3) {
		all = append(all, one())
	}
	return all
}

func randomRules(random *rand.Rand) written {
	w := written{Rules: []writtenRule{}}
	for range random.IntN(6) {
		w.Rules = append(w.Rules, writtenRule{
			Who:     some(random, 1, func() string { return pick(random, whos) }),
			May:     some(random, 1, func() access.Action { return pick(random, access.Actions[:3]) }),
			Secrets: some(random, 1, func() string { return randomName(random, "abAB-*") }),
		})
	}
	return w
}

func randomCaller(random *rand.Rand) *access.Caller {
	if random.IntN(2) == 0 {
		return &access.Caller{Principal: pick(random, principals)}
	}
	return &access.Caller{
		Object: pick(random, ids), Application: pick(random, ids),
		Roles:  some(random, 0, func() string { return pick(random, roleNames) }),
		Groups: some(random, 0, func() string { return pick(random, ids) }),
	}
}

func randomName(random *rand.Rand, letters string) string {
	name := make([]byte, 1+random.IntN(5))
	for i := range name {
		name[i] = letters[random.IntN(len(letters))]
	}
	return string(name)
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(policy), "github:contoso/shop:refs/heads/main", "payments-db")
	f.Add([]byte(`{"rules": [{"who": ["x:a/*:b"], "may": ["getSecret"], "secrets": ["a*b*c"]}]}`), "x:a/b:b", "abc")
	f.Add([]byte(`{"rules": [{"who": ["role:R"], "may": ["getSecret"], "secrets": ["**"]}], "tests": [{"who": ["role:R"], "mayNot": ["getSecret a"]}]}`), "", "")
	f.Fuzz(func(t *testing.T, file []byte, principal, secret string) {
		r, err := rules.Parse(file)
		if err != nil {
			if r != nil {
				t.Fatal("rules beside an error")
			}
			return
		}
		var w written
		if err := json.Unmarshal(trimMark(file), &w); err != nil {
			t.Fatalf("encoding/json does not accept what Parse does: %v", err)
		}
		for _, caller := range []*access.Caller{nil, {}, {Principal: principal}} {
			for _, action := range access.Actions {
				if r.Allows(caller, action, secret) && (caller == nil || caller.Principal == "" || !w.mentions(action)) {
					t.Fatalf("%v may %s %q", caller, action, secret)
				}
			}
		}
	})
}

func trimMark(file []byte) []byte { return []byte(strings.TrimPrefix(string(file), "\ufeff")) }

func (w written) mentions(action access.Action) bool {
	return anyOf(w.Rules, func(rule writtenRule) bool {
		return anyOf(rule.May, func(may access.Action) bool { return may == action })
	})
}
