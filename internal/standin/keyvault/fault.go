package keyvault

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"rotunda/internal/standin/identity"
)

// Duration is a time.Duration that JSON holds as "20ms".
type Duration = identity.Duration

// Faults are what goes wrong, or slowly. The zero value is a vault that does all at once and refuses nothing.
type Faults struct {
	// AfterDelete, AfterRecover and AfterPurge are how many answers, for each name, show that the vault has not finished
	// yet: 404 for what is not there yet, 409 for what can't be done yet. They begin with the next such operation; a
	// smaller number also shortens those that run. Lists don't wait for a recovery.
	AfterDelete  int `json:"afterDelete,omitempty"`
	AfterRecover int `json:"afterRecover,omitempty"`
	AfterPurge   int `json:"afterPurge,omitempty"`
	// EmptyPages is how many pages without items come before each page of a list with items, and after the last.
	EmptyPages int `json:"emptyPages,omitempty"`
	// Latency is waited before every answer, the sign-in challenge included.
	Latency Duration `json:"latency,omitempty"`
	// PurgeProtection refuses to purge, and shows in every recoveryLevel.
	PurgeProtection bool `json:"purgeProtection,omitempty"`
	// Calls are faults of single calls. Each call gets the first that fits it.
	Calls []Fault `json:"calls,omitempty"`
}

// Kind is what a Fault does.
type Kind string

// The kinds. A call that isn't signed in gets none of them, but its challenge.
const (
	Throttle   Kind = "throttle"   // 429, with Retry-After only if the fault has one
	Error      Kind = "error"      // the status, code, innererror and message that the fault has
	DropBefore Kind = "dropBefore" // the connection ends before the call has done anything
	DropAfter  Kind = "dropAfter"  // the call is carried out, and its answer lost
	RBAC       Kind = "rbac"       // 403 ForbiddenByRbac
	Policy     Kind = "policy"     // 403 ForbiddenByPolicy
	Firewall   Kind = "firewall"   // 403 ForbiddenByFirewall
	Delay      Kind = "delay"      // nothing but Fault.Delay
)

// Fault is something that happens to calls.
type Fault struct {
	Kind Kind `json:"kind"`
	// Operations are the calls that it happens to, out of OperationNames; none means all.
	Operations []string `json:"operations,omitempty"`
	// Times is how many calls it happens to; 0 means all, until SetFaults.
	Times int `json:"times,omitempty"`
	// Delay is waited first.
	Delay Duration `json:"delay,omitempty"`
	// RetryAfter is the header Retry-After, for Throttle and Error; empty for none.
	RetryAfter string `json:"retryAfter,omitempty"`
	// Status (400 to 599), Code, InnerCode and Message are the answer, for Error. Code and Message have defaults.
	Status    int    `json:"status,omitempty"`
	Code      string `json:"code,omitempty"`
	InnerCode string `json:"innerCode,omitempty"`
	Message   string `json:"message,omitempty"`
}

func (f Faults) check() error {
	if min(f.AfterDelete, f.AfterRecover, f.AfterPurge, f.EmptyPages) < 0 || f.Latency < 0 {
		return errors.New("key vault stand-in: a number or latency in the faults is negative: give positive ones, or 0 for none")
	}
	for i, fault := range f.Calls {
		if err := fault.check(); err != nil {
			return fmt.Errorf("key vault stand-in: fault %d in calls: %w", i, err)
		}
	}
	return nil
}

var kinds = []Kind{Throttle, Error, DropBefore, DropAfter, RBAC, Policy, Firewall, Delay}

func (f Fault) check() error {
	switch {
	case !slices.Contains(kinds, f.Kind):
		return fmt.Errorf("kind %q is none of %q", f.Kind, kinds)
	case f.Kind == Error && (f.Status < http.StatusBadRequest || f.Status > 599):
		return fmt.Errorf("status %d of an error is not from 400 to 599", f.Status)
	case f.Kind == Delay && f.Delay == 0:
		return errors.New("a delay needs a duration, such as \"delay\": \"20ms\"")
	case f.Times < 0 || f.Delay < 0:
		return fmt.Errorf("times %d or delay %v is negative", f.Times, time.Duration(f.Delay))
	}
	names := OperationNames()
	for _, name := range f.Operations {
		if !slices.Contains(names, name) {
			return fmt.Errorf("operation %q is none of %q", name, names)
		}
	}
	return nil
}
