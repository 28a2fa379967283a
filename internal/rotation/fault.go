package rotation

import (
	"errors"
	"fmt"
	"strings"
	"unicode"

	"rotunda/internal/secret"
)

// Fault is why a rotation cannot go on, in words that a person can act on. Faults reach callers,
// logs and tags: they must hold no value and quote nothing that a provider said.
type Fault struct {
	Reason    string
	Permanent bool // another attempt fails too, until somebody changes something
}

func (f *Fault) Error() string { return f.Reason }

// Temporaryf returns a fault that may pass by itself: the provider is away, or busy.
func Temporaryf(format string, args ...any) *Fault {
	return &Fault{Reason: readable(fmt.Sprintf(format, args...))}
}

// Permanentf returns a fault that lasts until somebody corrects the secret's tags or value, or the
// provider.
func Permanentf(format string, args ...any) *Fault {
	return &Fault{Reason: readable(fmt.Sprintf(format, args...)), Permanent: true}
}

// maxReason is how many characters a reason may have.
const maxReason = 1 << 10

// readable bounds a reason and replaces what can't be printed: it may contain names that a tag or
// a provider has chosen.
func readable(reason string) string {
	printable := strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return unicode.ReplacementChar
	}, secret.Clip(reason, maxReason))
	return secret.Clip(printable, maxReason)
}

// ErrRefusedByPolicy is what Setter.Apply returns when the provider refuses the new value for its
// form. See RefusedByPolicy.
var ErrRefusedByPolicy = errors.New("the provider's policy refuses the new value")

// RefusedByPolicy returns an ErrRefusedByPolicy that says what the policy asks for, as a sentence
// in our own words.
func RefusedByPolicy(policy string) error { return &policyError{policy} }

type policyError struct{ policy string }

func (p *policyError) Error() string { return ErrRefusedByPolicy.Error() + ": " + p.policy }

func (*policyError) Is(target error) bool { return target == ErrRefusedByPolicy }

// PolicyOf returns what RefusedByPolicy was told, or "".
func PolicyOf(err error) string {
	refused, ok := errors.AsType[*policyError](err)
	if !ok {
		return ""
	}
	return refused.policy
}
