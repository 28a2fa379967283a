package engine

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"rotunda/internal/rotation"
)

// simTarget is a provider of any class. Values of classes O, A and S are login:password.
type simTarget struct {
	w       *world
	class   rotation.Class
	trusts  bool // accepts any password
	refuses int  // how many more new passwords its policy refuses
	refused map[string]bool
	lies    int                 // how many more times it reports a password as taken and drops it
	logins  map[string][]string // O, A, S: the passwords of each login
	keys    map[string]string   // K: by key id
	issued  map[string]issued   // C: by id

	// C, with a real rotator: when sign-ins learn that a value was issued, and that it was revoked.
	takesEffect, ends map[string]time.Time
	root              string // the administrator's password; "" without one
	foreign           string // the value of an account that is none of the app's
	made              int
	keeps             bool          // keeps accepting what was made invalid
	away              bool          // every call fails
	hangs             bool          // no call is answered
	lingers           time.Duration // what was replaced stays valid, as the plan says
}

type issued struct{ value, operation string }

// canary is part of every value, so that a leak shows.
const canary = "canary"

func newTarget(w *world, class rotation.Class) *simTarget {
	t := &simTarget{w: w, class: class, refuses: w.refuses, trusts: w.trusts, refused: map[string]bool{}, lies: w.lies, keeps: w.keeps, away: w.silent, hangs: w.hangs, logins: map[string][]string{}, keys: map[string]string{}, issued: map[string]issued{}, takesEffect: map[string]time.Time{}, ends: map[string]time.Time{}}
	switch class {
	case rotation.Overlap, rotation.Single:
		t.logins["app"] = []string{t.password()}
	case rotation.Alternating:
		t.logins["a"] = []string{t.password()}
		if w.stranger {
			t.logins["b"] = []string{t.password()}
			t.foreign = "b:" + t.logins["b"][0]
			w.byHand[t.foreign] = true
		}
	case rotation.DualKey:
		t.keys["key1"], t.keys["key2"] = t.password(), t.password()
	case rotation.Issued:
		t.issued["id-0"] = issued{value: t.password()}
	}
	if w.admin {
		t.root = t.password()
	}
	return t
}

func (t *simTarget) password() string {
	t.made++
	return fmt.Sprintf("%s-%d", canary, t.made)
}

// first returns the value that the secret starts with.
func (t *simTarget) first() string {
	switch t.class {
	case rotation.DualKey:
		return t.keys["key1"]
	case rotation.ValueOnly:
		return t.password()
	}
	return t.accepted()[0]
}

// accepted returns every value that logs in now.
func (t *simTarget) accepted() (values []string) {
	for _, login := range slices.Sorted(maps.Keys(t.logins)) {
		for _, password := range t.logins[login] {
			values = append(values, login+":"+password)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(t.keys)) {
		values = append(values, t.keys[id])
	}
	for _, id := range slices.Sorted(maps.Keys(t.issued)) {
		values = append(values, t.issued[id].value)
	}
	return values
}

// admin returns the value with which the administrator logs in.
func (t *simTarget) admin() string {
	return rootLogin + ":" + t.root
}

const rootLogin = "root"

func (t *simTarget) accepts(value string) bool {
	return t.class == rotation.ValueOnly || t.trusts || t.root != "" && value == t.admin() || slices.Contains(t.accepted(), strings.TrimSpace(value))
}

// next returns a fresh value to replace current.
func (t *simTarget) next(current string) string {
	login, _, _ := strings.Cut(current, ":")
	switch {
	case t.class == rotation.ValueOnly:
		return t.password()
	case login == rootLogin:
	case t.class == rotation.Alternating && login == "a":
		login = "b"
	case t.class == rotation.Alternating:
		login = "a"
	}
	return login + ":" + t.password()
}

func (t *simTarget) apply(value string) error {
	if t.away {
		return providerAway()
	}
	if t.refuses > 0 && !t.refused[value] {
		t.refuses--
		t.refused[value] = true
	}
	if t.refused[value] {
		return rotation.ErrRefusedByPolicy
	}
	if t.lies > 0 {
		t.lies--
		return nil
	}
	login, password, _ := strings.Cut(value, ":")
	if login == rootLogin {
		t.root = password
	} else if t.class != rotation.Overlap && t.lingers == 0 {
		t.logins[login] = []string{password}
	} else if !slices.Contains(t.logins[login], password) {
		t.logins[login] = append(t.logins[login], password)
	}
	return nil
}

// retire makes old invalid. In class A it closes the whole login, unless current uses it.
func (t *simTarget) retire(current, old string) {
	if t.keeps {
		return
	}
	login, password, _ := strings.Cut(old, ":")
	if own, _, _ := strings.Cut(current, ":"); current == old || t.class == rotation.Alternating && own == login {
		return
	}
	t.logins[login] = slices.DeleteFunc(slices.Clone(t.logins[login]), func(p string) bool { return p == password || t.class == rotation.Alternating })
}

func (t *simTarget) regenerate(key string) { t.keys[key] = t.password() }

func (t *simTarget) issue(operation string) (id, value string) {
	value = t.password()
	id = "id-" + value[len(canary)+1:]
	t.issued[id] = issued{value, operation}
	return id, value
}

// setByHand makes a credential at the target, as a person would. It returns its value and, for
// classes K and C, its id. keep leaves the other passwords of the login valid.
func (t *simTarget) setByHand(keep bool) (value, id string) {
	switch t.class {
	case rotation.ValueOnly:
		value = t.password()
	case rotation.DualKey:
		t.regenerate("key1")
		return t.keys["key1"], "key1"
	case rotation.Issued:
		id, value = t.issue("")
	default:
		login := slices.Sorted(maps.Keys(t.logins))[0]
		password := t.password()
		value = login + ":" + password
		if !keep || t.class != rotation.Overlap { // only there can one login have two passwords
			t.logins[login] = nil
		}
		t.logins[login] = append(slices.Clone(t.logins[login]), password)
	}
	return value, id
}
