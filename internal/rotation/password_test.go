package rotation

import (
	"errors"
	"strings"
	"testing"
)

func isPermanent(err error) bool {
	fault, ok := errors.AsType[*Fault](err)
	return ok && fault.Permanent
}

func TestPasswords(t *testing.T) {
	seen := map[string]bool{}
	counts := map[rune]int{}
	for range 1000 {
		password, err := NewPassword(map[string]string{TagPasswordLength: "62", TagPasswordExclude: "0O1lI"}, Alphanumeric)
		if err != nil || len(password) != 62 || strings.ContainsAny(password, "0O1lI") || seen[password] {
			t.Fatalf("%d letters, %v", len(password), err)
		}
		seen[password] = true
		for _, letter := range password {
			counts[letter]++
		}
	}
	if len(counts) != 57 {
		t.Errorf("%d letters occur, of 57", len(counts))
	}
	for letter, n := range counts { // 1088 on average, with a deviation of 33
		if n < 800 || n > 1400 {
			t.Errorf("%c occurs %d times", letter, n)
		}
	}
}

func TestBadPasswords(t *testing.T) {
	for _, tags := range []map[string]string{
		{TagPasswordLength: "14"},
		{TagPasswordLength: "15"}, // of 62 characters: 89 bits
		{TagPasswordLength: "16", TagPasswordExclude: "0O1lI"},
		{TagPasswordSymbols: ""},
		{TagPasswordSymbols: "!a"},
		{TagPasswordSymbols: "! "},
		{TagPasswordSymbols: "é"},
		{TagPasswordSymbols: "!#$%&", TagPasswordExclude: Alphanumeric.Letters}, // nothing to begin with
		{TagPasswordLength: "129"},
		{TagPasswordLength: "long"},
		{TagPasswordLength: ""},
		{TagPasswordExclude: Alphanumeric.Letters},
		{TagPasswordLength: "12", TagPasswordExclude: Alphanumeric.Letters[10:]}, // 12 of 10 digits: 40 bits
	} {
		if password, err := NewPassword(tags, Alphanumeric); !isPermanent(err) {
			t.Errorf("%v gives %d letters and %v", tags, len(password), err)
		}
	}
	if password, err := NewPassword(nil, Alphanumeric); err != nil || len(password) != Alphanumeric.Length {
		t.Errorf("without tags: %d letters, %v", len(password), err)
	}
}

// Servers demand a character of each kind; the first one often must be a letter or digit.
func TestPasswordsHaveEachKindOfCharacter(t *testing.T) {
	for range 1000 {
		password, err := NewPassword(map[string]string{TagPasswordSymbols: "!#!-", TagPasswordLength: "17"}, Alphanumeric)
		if err != nil || len(password) != 17 || strings.Contains(symbols, password[:1]) {
			t.Fatal(password, err)
		}
		for _, kind := range []string{capitals, smallLetters, digits, "!#-"} {
			if !strings.ContainsAny(password, kind) {
				t.Fatalf("%s has none of %s", password, kind)
			}
		}
		if strings.ContainsAny(password, "$%&") {
			t.Fatal(password)
		}
	}
}
