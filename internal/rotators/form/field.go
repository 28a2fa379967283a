package form

import (
	"rotunda/internal/jsonfields"
	"rotunda/internal/rotation"
)

// chooseField returns the reading in which the tag ValueField names the password, or the place
// that has a login in a form of its own.
func (o Options) chooseField(r reading) (reading, error) {
	at, twice := jsonfields.Find(r.places, o.Field, func(p place) (path, text string) { return p.path, p.text })
	switch {
	case at < 0:
		return r, errNoPassword
	case twice:
		return r, rotation.Permanentf("The secret's value has the field %q twice, with different values. Remove one.", r.places[at].path)
	}
	within := o
	within.Field, within.depth = "", o.depth+1
	inner, err := within.readings(r.places[at].text)
	switch {
	case r.places[at].fixed:
		return r, rotation.Permanentf("The field %q in the secret's value, which the tag %s names, must be a string.", r.places[at].path, rotation.TagValueField)
	case err != nil:
		return r, err
	case len(inner) > 0:
		r.now, r.namesUser = inner[0].now, inner[0].namesUser
		return r, nil
	case r.places[at].text == "":
		return r, rotation.Permanentf("The field %q in the secret's value, which the tag %s names, is empty.", r.places[at].path, rotation.TagValueField)
	}
	return o.take(r, o.userBeside(r.places, at), chosen{place: at})
}

// userBeside returns the user that belongs to a password: the one with the same prefix, or else
// without any.
func (o Options) userBeside(places []place, at int) chosen {
	beside := chosen{place: -1}
	prefix := o.names().of(places[at].name).prefix
	for _, g := range o.names().groupsOf(places) {
		if g.name == places[at].group && g.users.place >= 0 && (g.prefix == prefix || g.prefix == "" && beside.place < 0) {
			beside = g.users
		}
	}
	return beside
}
