// Package saslprep prepares passwords for SCRAM, so that servers and clients derive the same keys
// from them: the profile SASLprep (RFC 4013) of stringprep (RFC 3454), for stored strings.
package saslprep

import (
	"errors"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// ErrProhibited is returned for a text that can't be prepared. It does not quote the text.
var ErrProhibited = errors.New("the text has characters that SASLprep forbids")

// Prepare returns a text as SASLprep writes it: in form NFKC, without soft hyphens and the like,
// and with the space of ASCII for every other.
func Prepare(text string) (string, error) {
	prepared := norm.NFKC.String(strings.Map(mapped, text))
	for _, r := range prepared {
		if unicode.Is(prohibited, r) {
			return "", ErrProhibited
		}
	}
	if !isBidirectional(prepared) {
		return "", ErrProhibited
	}
	return prepared, nil
}

// mapped implements RFC 4013, section 2.1. U+200B is in both lists; like ICU and the MongoDB
// drivers for Go, it leaves that out.
func mapped(r rune) rune {
	switch {
	case unicode.Is(nothing, r):
		return -1
	case unicode.Is(spaces, r):
		return ' '
	}
	return r
}

// isBidirectional reports whether a text obeys RFC 3454, section 6: one with a character that is
// written from right to left begins and ends with such, and has none that is written from left to
// right.
func isBidirectional(text string) bool {
	if !strings.ContainsFunc(text, isRightToLeft) {
		return true
	}
	first, _ := utf8.DecodeRuneInString(text)
	last, _ := utf8.DecodeLastRuneInString(text)
	return isRightToLeft(first) && isRightToLeft(last) && !strings.ContainsFunc(text, isLeftToRight)
}

func isRightToLeft(r rune) bool { return unicode.Is(rightToLeft, r) }

func isLeftToRight(r rune) bool { return unicode.Is(leftToRight, r) }
