package webhook

import (
	"encoding/base64"
	"encoding/hex"
	"net/url"
	"regexp"
	"strings"
	"unicode"

	"rotunda/internal/secret"
)

// maxWords is how many characters of a hook's words a fault has.
const maxWords = 300

// repeats is how many characters of a value may be in a hook's words by chance.
const repeats = 9

// withheld stands for words that have part of a value.
const withheld = "(its words are withheld, because they repeat part of a credential)"

// likeValue matches what looks like a key or a token.
var likeValue = regexp.MustCompile(`[A-Za-z0-9+/=_~-]{16,}`)

// quote returns what a hook says, for a fault or a warning. A hook is the user's own and knows
// best what is wrong, but it may repeat a value that it was sent, or one of its own.
func quote(said string, values []string) string {
	said = strings.TrimSpace(strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return ' '
	}, secret.Clip(said, maxWords)))
	if hasPart(said, values) {
		return withheld
	}
	return likeValue.ReplaceAllStringFunc(said, func(word string) string {
		if strings.ContainsAny(word, "0123456789") {
			return "…"
		}
		return word
	})
}

// hasPart reports whether words have part of a value, as it is or encoded.
func hasPart(words string, values []string) bool {
	words = strings.ToLower(words)
	for _, value := range values {
		for _, form := range []string{
			value, url.QueryEscape(value), hex.EncodeToString([]byte(value)), base64.StdEncoding.EncodeToString([]byte(value)),
		} {
			if hasPartOf(words, strings.ToLower(form)) {
				return true
			}
		}
	}
	return false
}

func hasPartOf(words, value string) bool {
	if value == "" {
		return false
	}
	if len(value) <= repeats {
		return strings.Contains(words, value)
	}
	for i := range len(value) - repeats {
		if strings.Contains(words, value[i:i+repeats+1]) {
			return true
		}
	}
	return false
}
