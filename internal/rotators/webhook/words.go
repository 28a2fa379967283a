package webhook

import (
	"strings"
	"unicode"

	"rotunda/internal/lazyregexp"
	"rotunda/internal/rotators/login"
	"rotunda/internal/secret"
)

// maxWords is how many characters of a hook's words a fault has.
const maxWords = 300

// withheld stands for words that have part of a value.
const withheld = "(its words are withheld, because they repeat part of a credential)"

// likeValue matches what looks like a key or a token.
var likeValue = lazyregexp.New(`[A-Za-z0-9+/=_~-]{16,}`)

// quote returns what a hook says, for a fault or a warning. A hook is the user's own and knows
// best what is wrong, but it may repeat a value that it was sent, or one of its own.
func quote(said string, values []string) string {
	said = strings.TrimSpace(strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return ' '
	}, secret.Clip(said, maxWords)))
	if login.Repeats(said, values...) {
		return withheld
	}
	return likeValue().ReplaceAllStringFunc(said, func(word string) string {
		if strings.ContainsAny(word, "0123456789") {
			return "…"
		}
		return word
	})
}
