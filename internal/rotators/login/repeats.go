package login

import (
	"encoding/base64"
	"encoding/hex"
	"net/url"
	"strings"
)

// repeats is how many characters of a value may be in other text by chance.
const repeats = 9

// Repeats reports whether words have part of a value, as it is or encoded. What a provider says or
// stores may: it was sent passwords, and it may lie.
func Repeats(words string, values ...string) bool {
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
