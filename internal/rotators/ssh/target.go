package ssh

import (
	"bytes"
	"strings"
	"unicode"

	"rotunda/internal/lazyregexp"
	"rotunda/internal/rotation"
	"rotunda/internal/rotators/class"
	"rotunda/internal/secret"
)

// target is what a subject says about a user's key.
type target struct {
	server  server
	user    string
	current key
	admin   *key   // another key of the user; nil without AdminSecret
	secret  string // the key's owner, with which its line is marked
	tags    map[string]string
}

// isUser is the form of user names: what a server would read as something else is left out.
var isUser = lazyregexp.New(`^[A-Za-z0-9_][A-Za-z0-9._@\\+-]*$`)

// readTarget reads a subject and finds everything wrong with it before any server is called.
func readTarget(s rotation.Subject) (t target, err error) {
	t.user, t.secret, t.tags = s.CredentialID, s.Owner, s.Tags
	if t.server, err = parseAddress(s.Address, s.Tags[rotation.TagSSHHostKey]); err != nil {
		return t, err
	}
	if _, err = class.Choose(s.Tags, "SSH", rotation.Overlap); err != nil {
		return t, err
	}
	if !isUser().MatchString(t.user) || len(t.user) > 64 {
		return t, rotation.Permanentf("The tag CredentialId must be the name of the user whose key it is.")
	}
	if t.secret == "" || strings.ContainsFunc(t.secret, func(r rune) bool { return unicode.IsControl(r) || unicode.IsSpace(r) }) {
		return t, rotation.Permanentf("Rotunda does not know the name of the secret, with which it marks keys at the server. This is an error in Rotunda.")
	}
	if t.current, err = parseKey(s.Current, s.Tags[rotation.TagValueField]); err != nil {
		return t, err
	}
	t.admin, err = readAdmin(s)
	return t, err
}

func readAdmin(s rotation.Subject) (*key, error) {
	if !s.Admin.IsSet() {
		return nil, nil
	}
	admin, err := parseKey(s.Admin, "")
	if err != nil {
		return nil, rotation.Permanentf("The value of the secret that the tag AdminSecret names must be a private key in PEM form, another one of the same user.")
	}
	return &admin, nil
}

// readBoth reads a subject, and a value that is the admin's or the user's.
func readBoth(s rotation.Subject, value secret.Value) (target, key, error) {
	t, err := readTarget(s)
	if err != nil {
		return t, key{}, err
	}
	if t.admin != nil && value.Equal(s.Admin) {
		return t, *t.admin, nil
	}
	k, err := parseKey(value, s.Tags[rotation.TagValueField])
	return t, k, err
}

// changer returns the key that logs in to change the file.
func (t target) changer() key {
	if t.admin != nil {
		return *t.admin
	}
	return t.current
}

func (k key) same(other key) bool { return bytes.Equal(k.public, other.public) }
