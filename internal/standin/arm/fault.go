package arm

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"rotunda/internal/standin/fault"
)

// Faults are what fails or is slow at one resource. The zero value means none.
type Faults struct {
	// Latency delays every response.
	Latency fault.Duration `json:"latency,omitempty"`
	// Deny are actions that nobody has the right to, with * for any text: 403.
	Deny []string `json:"deny,omitempty"`
	// LocalAuthDisabled turns keys off: the data plane refuses them all.
	LocalAuthDisabled bool `json:"localAuthDisabled,omitempty"`
	// Busy is how many regenerations are refused because another operation runs.
	Busy int `json:"busy,omitempty"`
	// Async makes every regeneration asynchronous; a service that has such answers needs it not.
	Async bool `json:"async,omitempty"`
	// Polls is how many further requests for the resource, or for the operation, find an
	// asynchronous operation still in progress. Only then does the new key count.
	Polls int `json:"polls,omitempty"`
	// FailOperations makes asynchronous operations fail: the key stays.
	FailOperations bool `json:"failOperations,omitempty"`
	// NewIDs gives a regenerated key of App Configuration a new id too.
	NewIDs bool `json:"newIds,omitempty"`
	// Calls are faults of single calls. Each call gets the first one that matches it.
	Calls []Fault `json:"calls,omitempty"`
}

// Kind is what a Fault does.
type Kind string

// The kinds, which are those of the vault's stand-in.
const (
	Throttle   Kind = "throttle"   // 429, with Retry-After
	Error      Kind = "error"      // the fault's status, code and message
	DropBefore Kind = "dropBefore" // the connection is closed before the call is performed
	DropAfter  Kind = "dropAfter"  // the call is performed, and its response lost
	Delay      Kind = "delay"      // only Fault.Delay
)

// The operations that a Fault may name.
const (
	Get         = "get"         // GET of the resource
	List        = "list"        // its keys are listed
	Regenerate  = "regenerate"  // a key is made, regenerated or deleted
	Permissions = "permissions" // the caller's rights are listed
	Poll        = "poll"        // an asynchronous operation is asked for
	Data        = "data"        // the data plane is called
)

// Fault is what happens to matching calls.
type Fault struct {
	Kind Kind `json:"kind"`
	// Operations are the calls that it applies to; none means all.
	Operations []string `json:"operations,omitempty"`
	// Times is how many calls it applies to; 0 means all, until SetFaults.
	Times int `json:"times,omitempty"`
	// Delay is a pause before anything else.
	Delay fault.Duration `json:"delay,omitempty"`
	// RetryAfter is the header Retry-After, for Throttle and Error; for Throttle it is 17 if empty.
	RetryAfter string `json:"retryAfter,omitempty"`
	// Status (400 to 599), Code and Message are the response, for Error.
	Status  int    `json:"status,omitempty"`
	Code    string `json:"code,omitempty"`
	Message string `json:"message,omitempty"`
}

// Check returns an error if the faults can't be set.
func (f Faults) Check() error {
	if f.Latency < 0 || f.Busy < 0 || f.Polls < 0 {
		return errors.New("a number or latency in the faults is negative: use a positive one, or 0 for none")
	}
	for i, each := range f.Calls {
		if err := each.check(); err != nil {
			return fmt.Errorf("fault %d in calls: %w", i, err)
		}
	}
	return nil
}

var (
	kinds      = []Kind{Throttle, Error, DropBefore, DropAfter, Delay}
	operations = []string{Get, List, Regenerate, Permissions, Poll, Data}
)

func (f Fault) check() error {
	switch {
	case !slices.Contains(kinds, f.Kind):
		return fmt.Errorf("kind %q is not one of %q", f.Kind, kinds)
	case f.Kind == Error && (f.Status < http.StatusBadRequest || f.Status > 599):
		return fmt.Errorf("status %d of an error is not from 400 to 599", f.Status)
	case f.Kind == Delay && f.Delay == 0:
		return errors.New("a delay needs a duration, such as \"delay\": \"20ms\"")
	case f.Times < 0 || f.Delay < 0:
		return fmt.Errorf("times %d or delay %v is negative", f.Times, time.Duration(f.Delay))
	}
	for _, name := range f.Operations {
		if !slices.Contains(operations, name) {
			return fmt.Errorf("operation %q is not one of %q", name, operations)
		}
	}
	return nil
}

func (f Faults) isZero() bool {
	return f.Latency == 0 && len(f.Deny) == 0 && !f.LocalAuthDisabled && f.Busy == 0 && !f.Async && f.Polls == 0 && !f.FailOperations && !f.NewIDs && len(f.Calls) == 0
}
