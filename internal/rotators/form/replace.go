package form

import (
	"slices"
	"strings"
)

// rewritePlaces rewrites a text that is split into places. Those with the indexes user and
// password are the login; -1 means that others are.
func (c change) rewritePlaces(text string, places []place, user, password, depth int) (out rewritten) {
	var written strings.Builder
	end := 0
	foreign := c.foreign(places)
	for i, p := range places {
		next := c.rewritePlace(p, i == user, i == password, foreign[i], depth)
		if c.isInGap(text[end:p.begin]) || p.name != "" && (c.isInGap(p.path) || c.isInGap(p.name)) {
			next.failed = "the name of a field"
		}
		out.password, out.user, out.own = out.password || next.password, out.user || next.user, out.own || next.own
		if next.failed != "" {
			out.failed = next.failed
		}
		written.WriteString(text[end:p.begin])
		end = p.end
		raw := text[p.begin:p.end]
		if next.text != p.text {
			var ok bool
			if raw, ok = p.encode(next.text); !ok && next.unwritable == "" {
				next.unwritable = p.where()
			}
		}
		if next.unwritable != "" {
			out.unwritable = next.unwritable
		}
		written.WriteString(raw)
	}
	if c.isInGap(text[end:]) {
		out.failed = "the text after its last field"
	}
	out.text = written.String() + text[end:]
	if user < 0 && out.password && !out.user && c.userIsLeft(places) && out.failed == "" {
		out.failed = "a field that may be its user"
	}
	return out
}

// rewritePlace returns what a place holds after the change.
func (c change) rewritePlace(p place, isUser, isPassword, foreign bool, depth int) rewritten {
	says := c.names.of(p.name)
	switch {
	case isUser:
		return rewritten{text: c.next.user, user: true, own: true}
	case isPassword:
		return rewritten{text: c.next.password, password: true, own: true}
	case p.fixed || p.unsure != "":
		return c.keep(p)
	case foreign && says.role == password && p.text == c.now.password && c.now.password != c.next.password:
		return rewritten{text: p.text, password: true, own: true, failed: p.where()}
	case p.text == c.now.password && p.text != "" && (says.role == password || len(c.now.password) >= longPassword):
		return rewritten{text: c.next.password, password: true, own: true}
	case p.text == c.now.user && says.role == user && p.text != "" && !foreign:
		return rewritten{text: c.next.user, user: true, own: true}
	}
	return c.rewrite(p, depth)
}

// keep is for a place that can't be rewritten.
func (c change) keep(p place) rewritten {
	out := rewritten{text: p.text}
	isCopy := p.text == c.now.password
	if !p.fixed {
		isCopy = isCopy || c.isLeft(p.text, p.loose)
	}
	if isCopy && c.now.password != c.next.password {
		out.failed = p.where()
	}
	return out
}

// foreign reports which places belong to another login: the user of a group with another password,
// and the password of one with another user.
func (c change) foreign(places []place) map[int]bool {
	found := map[int]bool{}
	for _, g := range c.names.groupsOf(places) {
		if g.password.place < 0 || g.users.place < 0 {
			continue
		}
		in := g.credential(places)
		found[g.users.place] = in.password != c.now.password
		found[g.password.place] = in.user != c.now.user && in.user != "" && c.now.user != ""
	}
	return found
}

// isInGap reports whether the names and marks between places have a copy of the password.
func (c change) isInGap(gap string) bool {
	return c.now.password != c.next.password && len(c.now.password) >= longPassword &&
		slices.ContainsFunc(c.passwords, func(form string) bool { return strings.Contains(gap, form) })
}

// userIsLeft reports whether a place that is not replaced may be the user.
func (c change) userIsLeft(places []place) bool {
	return c.now.user != c.next.user && slices.ContainsFunc(places, func(p place) bool { return !p.loose && hasWord(p.text, c.now.user) })
}
