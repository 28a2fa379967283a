package form

import (
	"strconv"
	"strings"

	"rotunda/internal/lazyregexp"
)

// rewritten is a text after a change.
type rewritten struct {
	text           string
	password, user bool   // whether it had them
	own            bool   // whether one of its own places was the user or the password
	failed         string // where it has a copy that can't be replaced for certain, or ""
	unwritable     string // where what is new can't be written by the form's rules, or ""
}

func (r rewritten) ok() bool { return r.failed == "" && r.unwritable == "" }

// rewrite returns a text after the change. It has the form of all syntaxes that find the login in
// it, if they write the same, or else none.
func (c change) rewrite(p place, depth int) rewritten {
	if c.now == c.next || p.text == "" {
		return rewritten{text: p.text}
	}
	if depth < maxDepth && c.mayBeIn(p.text) {
		if out, found := c.rewriteForms(p.text, depth); found {
			return out.at(p)
		}
	}
	text, found, ok := c.rewriteText(p.text, p.loose)
	out := rewritten{text: text, password: found}
	if !ok {
		out.failed = p.where()
	}
	return out
}

// mayBeIn reports whether a text has the user or password, or marks that may hide one from a plain
// search: those of percent-encoding, backslashes, and doubled quotes.
func (c change) mayBeIn(text string) bool {
	return strings.Contains(text, c.now.password) || c.now.user != "" && strings.Contains(text, c.now.user) || hidden().MatchString(text)
}

var hidden = lazyregexp.New(`[%\\]|""|''|}}`)

// at names the outer place of what went wrong within it.
func (r rewritten) at(p place) rewritten {
	r.own = false
	if r.failed != "" {
		r.failed = p.where()
	}
	if r.unwritable != "" {
		r.unwritable = p.where()
	}
	return r
}

// where names a place in a message.
func (p place) where() string {
	if p.name != "" || strings.HasSuffix(p.path, "]") {
		return "the field " + strconv.Quote(p.path)
	}
	return "the " + p.path
}

// rewriteForms rewrites a text as the syntaxes that find the login in it. A URL may be anywhere in
// a text, so it counts only if no other syntax finds it. A syntax by which the login is within one
// of its places counts only if the login is not a place of another's: in ADO.NET, libpq's
// "host=db user=app" is a value named host.
func (c change) rewriteForms(text string, depth int) (out rewritten, found bool) {
	for _, urls := range []bool{false, true} {
		for _, s := range syntaxes() {
			places, ok := s.split(text)
			if !ok || urls != (s.name == "a URL" && !isURL().MatchString(text)) {
				continue
			}
			next := c.rewritePlaces(text, places, -1, -1, depth+1)
			if !next.password && !next.user {
				continue
			}
			switch better := !found || next.own && !out.own; {
			case !better && (out.own && !next.own || !out.ok()):
				continue
			case !better && next.text != out.text:
				next.unwritable = s.name
			}
			out, found = next, true
			if s.exclusive {
				return out, true
			}
		}
		if found {
			break
		}
	}
	return out, found
}
