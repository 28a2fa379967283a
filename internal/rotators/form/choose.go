package form

import (
	"errors"
	"strings"

	"rotunda/internal/rotation"
)

// credential is a login, or with an empty user a key, as it is written into a value.
type credential struct{ user, password string }

// reading is how one syntax reads a text.
type reading struct {
	syntax    syntax
	places    []place
	user      int // the place of the user, or -1
	password  int // the place of the password, or -1 if it is within another place
	now       credential
	namesUser bool
}

// errNoPassword means that no name in a text says password.
var errNoPassword = errors.New("no password")

// choose returns the reading of a text's places. Its error is errNoPassword or a permanent fault.
func (o Options) choose(s syntax, places []place) (reading, error) {
	r := reading{syntax: s, places: places, user: -1, password: -1}
	if o.Field != "" {
		return o.chooseField(r)
	}
	all := o.names().groupsOf(places)
	whole, err := o.pick(all, places, o.isWhole(places))
	if err != nil {
		return r, err
	}
	if whole != nil && (len(places) > 1 || whole.password.rank == 0) {
		return o.take(r, whole.users, whole.password)
	}
	if inner, err := o.chooseInner(r); err != nil || inner.namesUser {
		return inner, err
	}
	return o.chooseWithoutUser(r, all)
}

// isWhole returns the test for a group that needs nothing else: it has a user and a password, or
// where keys are looked for a key. In a URL, an empty user is one too.
func (o Options) isWhole(places []place) func(*group) bool {
	return func(g *group) bool {
		if g.password.place < 0 || o.keys != nil {
			return g.password.place >= 0
		}
		return g.users.place >= 0 && (places[g.users.place].text != "" || g.name == userInfo)
	}
}

// chooseWithoutUser returns the only password that a text has.
func (o Options) chooseWithoutUser(r reading, all []*group) (reading, error) {
	only, err := o.pick(all, r.places, func(g *group) bool { return g.password.place >= 0 })
	switch {
	case err != nil:
		return r, err
	case only == nil || only.password.rank > 1 && !r.syntax.obvious || isPadded(r.places):
		return r, errNoPassword
	case len(r.places) == 1 && !r.syntax.obvious:
		return r, rotation.Permanentf("The secret's value may be a bare password or %s with nothing but %q. Name the field in the tag %s, or store JSON.", r.syntax.name, r.places[0].path, rotation.TagValueField)
	}
	return o.take(r, only.users, only.password)
}

// isPadded reports whether a text is a name and nothing but equals signs, as random text in base64
// or base32 is that ends in key== by chance.
func isPadded(places []place) bool {
	return len(places) == 1 && places[0].text != "" && strings.Trim(places[0].text, "=") == ""
}

// chooseInner returns the reading of a text of which one place has a login in a form of its own.
func (o Options) chooseInner(r reading) (reading, error) {
	if o.depth++; o.depth >= maxDepth {
		return r, nil
	}
	for _, p := range r.places {
		inner, err := o.readings(p.text)
		if p.fixed || err != nil || len(inner) == 0 || !inner[0].namesUser {
			continue
		}
		if r.namesUser && r.now != inner[0].now {
			return r, severalLogins()
		}
		r.now, r.namesUser = inner[0].now, true
	}
	return r, nil
}

// maxDepth is how many forms may be within each other, such as a URL in JSON in JSON.
const maxDepth = 3

func severalLogins() error {
	return rotation.Permanentf("The secret's value has several logins, and none in its outermost object. Store one login in a secret, or name the password's field in the tag %s.", rotation.TagValueField)
}

// take completes a reading.
func (o Options) take(r reading, users, secret chosen) (reading, error) {
	for _, c := range []chosen{users, secret} {
		if c.place < 0 {
			continue
		}
		if c.twice != "" {
			return r, rotation.Permanentf("The secret's value has the field %q twice in one object, with different values. Remove one.", c.twice)
		}
		if p := r.places[c.place]; p.unsure != "" {
			return r, rotation.Permanentf("The %s in the secret's value, which is %s, has %s", p.path, r.syntax.name, p.unsure)
		}
	}
	if o.keys != nil && r.places[secret.place].text == "" {
		return r, rotation.Permanentf("The key in the secret's value, which is %s, is empty.", r.syntax.name)
	}
	r.password, r.now.password = secret.place, r.places[secret.place].text
	if users.place >= 0 {
		r.user, r.now.user, r.namesUser = users.place, r.places[users.place].text, true
	}
	return o.takeUser(r)
}

// takeUser completes a reading that names no user, or an empty one.
func (o Options) takeUser(r reading) (reading, error) {
	switch {
	case r.now.user != "" || o.keys != nil:
		r.namesUser = true
	case r.syntax.defaultUser && o.UserOptional:
		r.namesUser = true
	case r.namesUser:
		return r, noUserInURL()
	case o.User == "":
		return r, rotation.Permanentf("The secret's value, which is %s, has a password and no user name. Add the user name to the value, or the tag CredentialId.", r.syntax.name)
	default:
		r.now.user = o.User
	}
	return r, nil
}

func noUserInURL() error {
	return rotation.Permanentf("The URL in the secret's value must have user:password@ before its host. %s", forms)
}
