package form

import (
	"cmp"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"html"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"rotunda/internal/lazyregexp"
)

// change replaces a login by another, wherever a text repeats it.
type change struct {
	now, next        credential
	names            names
	users, passwords []string // the encodings of now
	inBase64         []string // the password
}

func newChange(now, next credential, n names) change {
	return change{now, next, n, encodings(now.user), encodings(now.password), inBase64(now.password)}
}

// longPassword is from where on a password does not occur in a text by chance.
const longPassword = 8

// plain matches what has the same form in every encoding.
var plain = lazyregexp.New(`^[A-Za-z0-9_.-]*$`)

// rewriteText replaces copies in a text of no known form. found means that it replaced a password.
func (c change) rewriteText(text string, loose bool) (_ string, found, ok bool) {
	text, replaced, found, ok := c.rewritePassword(text)
	if !ok || c.isLeft(text, loose) {
		return "", found, false
	}
	text, named := c.rewriteUser(text)
	userIsLeft := c.next.user != c.now.user && hasWord(text, c.now.user)
	return text, found || named, !found || replaced || named || !userIsLeft
}

// rewritePassword replaces the password after its user, as in app:password, and after a name that
// says so, as in password=. It reports whether it replaced the user too, and whether it found any.
func (c change) rewritePassword(text string) (_ string, user, found, ok bool) {
	for _, form := range c.passwords {
		if form == "" || !strings.Contains(text, form) {
			continue
		}
		quoted := regexp.QuoteMeta(form) + `($|[^A-Za-z0-9%])`
		named := regexp.MustCompile(`((?i:pass|pwd|secret|auth)\w*[\\"']*\s*[:=]\s*[\\"']*)` + quoted)
		paired := regexp.MustCompile(`(^|[^A-Za-z0-9%])` + regexp.QuoteMeta(c.now.user) + `:` + quoted)
		isPaired := c.now.user != "" && paired.MatchString(text)
		if !isPaired && !named.MatchString(text) {
			continue
		}
		if !plain().MatchString(c.next.password) || isPaired && !plain().MatchString(c.next.user) {
			return "", false, true, false
		}
		if isPaired {
			text = paired.ReplaceAllString(text, "${1}"+c.next.user+":"+c.next.password+"${2}")
		}
		text = named.ReplaceAllString(text, "${1}"+c.next.password+"${2}")
		user, found = user || isPaired, true
	}
	return text, user, found, true
}

// isLeft reports whether a text still has the password in any form. A long one is a copy. A short
// one may be there by chance, so it must be a word of its own, and not in a host or path.
func (c change) isLeft(text string, loose bool) bool {
	if len(c.now.password) < longPassword {
		return !loose && slices.ContainsFunc(c.passwords, func(form string) bool { return hasWord(text, form) })
	}
	return c.isHidden(text) || slices.ContainsFunc(c.passwords, func(form string) bool { return strings.Contains(text, form) })
}

// rewriteUser replaces the user after a name that says so, as in user=app.
func (c change) rewriteUser(text string) (_ string, replaced bool) {
	if c.now.user == c.next.user || c.now.user == "" || !plain().MatchString(c.next.user) {
		return text, false
	}
	for _, user := range c.users {
		if !strings.Contains(text, user) {
			continue
		}
		named := regexp.MustCompile(`(?i)\b(user ?id|user ?name|user|uid|login)(\s*=\s*["']?)` + `(?-i:` + regexp.QuoteMeta(user) + `)($|[;&,\s"'])`)
		if named.MatchString(text) {
			text, replaced = named.ReplaceAllString(text, "${1}${2}"+c.next.user+"${3}"), true
		}
	}
	return text, replaced
}

// isHidden reports whether a text has the password in an encoding of bytes, or with characters
// escaped that need not be.
func (c change) isHidden(text string) bool {
	unescaped, _ := url.PathUnescape(text) // what is no percent-encoding has no copy in it
	bytes := toBase64.Replace(text)
	return strings.Contains(strings.ToLower(bytes), hex.EncodeToString([]byte(c.now.password))) ||
		strings.Contains(html.UnescapeString(text), c.now.password) || strings.Contains(unescaped, c.now.password) ||
		slices.ContainsFunc(c.inBase64, func(part string) bool { return strings.Contains(bytes, part) })
}

// toBase64 makes one alphabet of those of base64, and one line of several.
var toBase64 = strings.NewReplacer("-", "+", "_", "/", "%2B", "+", "%2b", "+", "%2F", "/", "%2f", "/", "\r", "", "\n", "", " ", "")

// inBase64 returns what base64 makes of a text wherever it is within another: three groups of
// characters, without those that depend on the bytes beside it. A short text has none.
func inBase64(text string) (parts []string) {
	if len(text) < longPassword {
		return nil
	}
	for before := range 3 {
		encoded := base64.RawStdEncoding.EncodeToString([]byte(strings.Repeat("\x00", before) + text))
		parts = append(parts, encoded[(before*8+5)/6:(before+len(text))*8/6])
	}
	return parts
}

// encodings returns the forms that a text takes in other texts, each once, the longest first: one
// may contain another.
func encodings(text string) []string {
	inJSON, _ := json.Marshal(text) // a string can be
	quoted := string(inJSON[1 : len(inJSON)-1])
	forms := []string{
		text, url.QueryEscape(text), url.PathEscape(text), url.User(text).String(), quoted,
		strings.NewReplacer(`\u003c`, "<", `\u003e`, ">", `\u0026`, "&").Replace(quoted), html.EscapeString(text),
	}
	for _, form := range forms {
		forms = append(forms, lowerHex().ReplaceAllStringFunc(form, strings.ToLower))
	}
	slices.SortFunc(forms, func(a, b string) int { return cmp.Or(len(b)-len(a), strings.Compare(a, b)) })
	return slices.Compact(forms)
}

var lowerHex = lazyregexp.New(`%[0-9A-F]{2}`)

// hasWord reports whether a text has a word that no letter or digit extends.
func hasWord(text, word string) bool {
	return word != "" && strings.Contains(text, word) && regexp.MustCompile(`(^|[^A-Za-z0-9])`+regexp.QuoteMeta(word)+`($|[^A-Za-z0-9])`).MatchString(text)
}
