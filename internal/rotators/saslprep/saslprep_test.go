package saslprep_test

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/xdg-go/stringprep"

	"rotunda/internal/rotators/saslprep"
)

// The examples of RFC 4013, section 3, and what they leave open.
func TestPrepare(t *testing.T) {
	const none = "" // is prohibited
	for name, row := range map[string]struct{ text, want string }{
		"a soft hyphen is left out":                    {"I\u00adX", "IX"},
		"ASCII stays as it is":                         {"user", "user"},
		"case is kept":                                 {"USER", "USER"},
		"a feminine ordinal is NFKC of an a":           {"\u00aa", "a"},
		"a Roman numeral is NFKC of letters":           {"\u2168", "IX"},
		"a control character is prohibited":            {"\u0007", none},
		"an Arabic letter and a digit are prohibited":  {"\u0627\u0031", none},
		"a digit between Arabic letters is allowed":    {"\u0627\u0031\u0628", "\u0627\u0031\u0628"},
		"a Latin letter between Arabic is prohibited":  {"\u0627a\u0628", none},
		"a no-break space becomes a space":             {"a\u00a0b", "a b"},
		"a zero width space is left out":               {"a\u200bb", "ab"},
		"a letter with an accent is composed":          {"e\u0301", "\u00e9"},
		"bytes that are not UTF-8 are prohibited":      {"a\xff", none},
		"a character after Unicode 3.2 is prohibited":  {"\U0001f511", none},
		"every printable character of ASCII is itself": {printable(), printable()},
	} {
		got, err := saslprep.Prepare(row.text)
		if got != row.want || (err == nil) != (row.want != none) {
			t.Errorf("%s: got %q, %v", name, got, err)
		}
	}
	if got, err := saslprep.Prepare(""); got != "" || err != nil {
		t.Errorf("an empty text: %q, %v", got, err)
	}
}

func printable() string {
	var all strings.Builder
	for c := byte(' '); c <= '~'; c++ {
		all.WriteByte(c)
	}
	return all.String()
}

func TestErrorsDoNotQuote(t *testing.T) {
	if _, err := saslprep.Prepare("canary\x00"); err == nil || strings.Contains(err.Error(), "canary") {
		t.Error(err)
	}
}

// TestTables compares each character with the package that MongoDB's driver uses: alone, and those
// that scripts have also among Arabic letters.
func TestTables(t *testing.T) {
	const scripts = 0x12000
	for r := rune(0); r <= unicode.MaxRune; r++ {
		if !utf8.ValidRune(r) {
			continue
		}
		compare(t, string(r))
		if r < scripts {
			compare(t, "\u0627"+string(r)+"\u0628")
		}
	}
}

func FuzzPrepare(f *testing.F) {
	for _, text := range []string{"I\u00adX", "\u0627\u0031\u0628", "e\u0301\u200b", "a\xff\u3000"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		compare(t, text)
		if once, err := saslprep.Prepare(text); err == nil {
			if twice, err := saslprep.Prepare(once); err != nil || twice != once {
				t.Errorf("%q is prepared as %q, and that as %q, %v", text, once, twice, err)
			}
		}
	})
}

func compare(t *testing.T, text string) {
	t.Helper()
	got, err := saslprep.Prepare(text)
	want, wantErr := stringprep.SASLprep.Prepare(text)
	if got != want || (err == nil) != (wantErr == nil) {
		t.Errorf("%+q: got %q, %v; want %q, %v", text, got, err, want, wantErr)
	}
}
