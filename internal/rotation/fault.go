package rotation

import (
	"errors"
	"fmt"
)

// Fault is why a rotation does not go on, in words that a human can act on. They reach callers, logs and tags: no value,
// and nothing quoted from a provider, may be in them.
type Fault struct {
	Reason    string
	Permanent bool // trying again is no use before somebody changes something
}

func (f *Fault) Error() string { return f.Reason }

// Temporaryf is a fault that may pass: the provider is away, or busy.
func Temporaryf(format string, args ...any) *Fault { return &Fault{Reason: fmt.Sprintf(format, args...)} }

// Permanentf is a fault that stays until somebody mends the secret's tags or value.
func Permanentf(format string, args ...any) *Fault {
	return &Fault{Reason: fmt.Sprintf(format, args...), Permanent: true}
}

// ErrRefusedByPolicy is what Setter.Apply gives when the provider refuses the new value for its form.
var ErrRefusedByPolicy = errors.New("the provider's policy refuses the new value")
