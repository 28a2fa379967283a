package rotation

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

// A reason holds names that a tag or a provider chose. It is bounded, and can be printed.
func TestReasonsAreBoundedAndPrintable(t *testing.T) {
	for _, name := range []string{strings.Repeat("a", 1<<20), strings.Repeat("\n", 2000), "\x1b[2J\u202e\x00\xff", strings.Repeat("é", 5000), "Müller 你好 …"} {
		for _, fault := range []*Fault{Temporaryf("The role %s is wrong.", name), Permanentf("The role %s is wrong.", name)} {
			if n := utf8.RuneCountInString(fault.Reason); n > maxReason || !utf8.ValidString(fault.Reason) {
				t.Errorf("%.20q: %d characters", name, n)
			}
			if at := strings.IndexFunc(fault.Reason, func(r rune) bool { return !unicode.IsPrint(r) }); at >= 0 {
				t.Errorf("%.20q: %q", name, fault.Reason[at:])
			}
		}
	}
	if got := Permanentf("The role %s is wrong.", "Müller 你好 …").Reason; got != "The role Müller 你好 … is wrong." {
		t.Error(got)
	}
}

func TestRefusedByPolicySaysWhatThePolicyIs(t *testing.T) {
	err := fmt.Errorf("later: %w", RefusedByPolicy("It asks for 20 characters."))
	if !errors.Is(err, ErrRefusedByPolicy) || PolicyOf(err) != "It asks for 20 characters." || PolicyOf(ErrRefusedByPolicy) != "" || PolicyOf(nil) != "" {
		t.Errorf("%v: %q", err, PolicyOf(err))
	}
}
