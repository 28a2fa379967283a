package form

import "rotunda/internal/rotation"

// With returns the value with another user and password, also where it repeats them, and
// everything else unchanged. Its error is a permanent *rotation.Fault.
func (l Login) With(user, password string) (string, error) {
	if (Login{User: user, Password: password}).checkText() != nil {
		return "", l.cantBeWritten("it")
	}
	body, err := l.write(credential{user, password})
	if err != nil {
		return "", err
	}
	value := l.before + body + l.after
	again, err := Parse(value, l.options)
	if err != nil || again.Password != password || l.NamesUser && again.User != user || again.IsBare() != l.IsBare() {
		return "", l.cantBeWritten("it")
	}
	return value, nil
}

// write returns what all readings of the value write.
func (l Login) write(next credential) (body string, err error) {
	if l.IsBare() {
		return next.password, nil
	}
	for i, r := range l.readings {
		c := newChange(r.now, next, l.options.names())
		out := c.rewritePlaces(l.body, r.places, r.user, r.password, 0)
		switch {
		case out.failed != "":
			return "", l.repeats(out.failed)
		case out.unwritable != "":
			return "", l.cantBeWritten(out.unwritable + ", in " + r.syntax.name + ",")
		case i > 0 && out.text != body:
			return "", rotation.Permanentf("The new password can't be written: the secret's value may be %s or %s, which quote it differently. Exclude its special characters by the tag %s, or store JSON.", l.readings[0].syntax.name, r.syntax.name, rotation.TagPasswordExclude)
		}
		body = out.text
	}
	return body, nil
}

func (l Login) cantBeWritten(as string) error {
	if as == "it" {
		as = "the form that the secret's value has"
	}
	return rotation.Permanentf("The new password can't be written as %s requires. Exclude its special characters by the tag %s, or store JSON.", as, rotation.TagPasswordExclude)
}

func (l Login) repeats(where string) error {
	return rotation.Permanentf("The secret's value repeats its user or password in %s, where Rotunda can't replace it for certain. Remove it there, or set a password of %d characters or more, of letters and digits, first.", where, longPassword)
}
