package wire

import (
	"strconv"
	"unicode/utf16"
)

// loneSurrogate reports whether body has an unpaired \uD800-\uDFFF escape. encoding/json would
// replace it by U+FFFD, and the vault would store a different value than the caller sent.
func loneSurrogate(body []byte) bool {
	for i := 0; i < len(body); i++ {
		if body[i] != '\\' {
			continue
		}
		unit, ok := escapedUnit(body[i:])
		if !ok {
			i++ // another escape, whose second byte may be a backslash
			continue
		}
		i += escapeLength - 1
		if !utf16.IsSurrogate(unit) {
			continue
		}
		low, ok := escapedUnit(body[i+1:])
		if !ok || utf16.DecodeRune(unit, low) == '\uFFFD' {
			return true
		}
		i += escapeLength
	}
	return false
}

const escapeLength = len(`\uXXXX`)

func escapedUnit(b []byte) (rune, bool) {
	if len(b) < escapeLength || b[0] != '\\' || b[1] != 'u' {
		return 0, false
	}
	unit, err := strconv.ParseUint(string(b[2:escapeLength]), 16, 16)
	return rune(unit), err == nil
}
