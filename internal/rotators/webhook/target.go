package webhook

import (
	"rotunda/internal/rotation"
	"rotunda/internal/rotators/class"
	"rotunda/internal/rotators/login"
	"rotunda/internal/secret"
)

// target is what a subject says about a hook and the credential that it changes.
type target struct {
	rotation.Subject
	hook    hook
	signer  signer
	class   rotation.Class
	current login.Login // in class S
}

// readTarget reads a subject and finds what is wrong with it before any hook is called.
func (r Rotator) readTarget(s rotation.Subject) (t target, err error) {
	t.Subject = s
	if t.class, err = class.Choose(s.Tags, "a webhook", rotation.Single, rotation.Issued); err != nil {
		return t, err
	}
	if t.hook, err = parseHook(s.Address, s.Trust); err != nil {
		return t, err
	}
	if t.signer, err = r.newSigner(s); err != nil {
		return t, err
	}
	if t.class == rotation.Issued {
		return t, checkIssued(s)
	}
	t.current, err = t.parse(s.Current)
	return t, err
}

// checkIssued returns a fault about a secret of class C. Without its id, the current credential
// could not be revoked.
func checkIssued(s rotation.Subject) error {
	switch {
	case s.CredentialID == "":
		return rotation.Permanentf("In class C, the secret needs the tag CredentialId: the id by which the hook knows the current credential.")
	case s.Current.Reveal() == "":
		return rotation.Permanentf("The secret's value is empty. Set it to the credential that is valid now; rotation starts from there.")
	}
	for _, tag := range []string{rotation.TagPasswordLength, rotation.TagPasswordExclude, rotation.TagPasswordSymbols} {
		if s.Tags[tag] != "" {
			return rotation.Permanentf("The tag %s has no effect in class C, where the hook makes the value. Remove it.", tag)
		}
	}
	return nil
}

// parse reads a value of class S.
func (t target) parse(value secret.Value) (login.Login, error) {
	l, err := login.Parse(value, t.CredentialID, login.UserOptional, login.Field(t.Tags[rotation.TagValueField]))
	if err != nil {
		return l, err
	}
	return l, login.CheckUser(l.User, t.CredentialID)
}

// credential returns a value of the secret's as requests have it.
func (t target) credential(value secret.Value) (*credential, error) {
	if t.class == rotation.Issued {
		return &credential{Value: value.Reveal()}, nil
	}
	l, err := t.parse(value)
	return &credential{Username: l.User, Password: l.Password.Reveal()}, err
}

func (t target) warnings() []string {
	var warnings []string
	if t.hook.Scheme == "http" {
		warnings = append(warnings, "http:// sends credentials in clear text and does not check who the server is. Use https://.")
	}
	if t.class == rotation.Single {
		warnings = append(warnings, "In class S, new logins fail from the moment that the hook takes the new password until readers have it. If the hook can keep two credentials valid, use class C.")
	}
	return warnings
}
