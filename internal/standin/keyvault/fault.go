package keyvault

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"rotunda/internal/standin/fault"
)

// Duration is a time.Duration that is written in JSON as "20ms".
type Duration = fault.Duration

// Faults are what fails or is slow. The zero value is a vault that finishes every operation at
// once and rejects nothing.
type Faults struct {
	// AfterDelete, AfterRecover and AfterPurge are how many responses, for each name, show that
	// the vault has not finished yet: 404 for what does not exist yet, 409 for what is not
	// possible yet. They start with the next such operation; a smaller number also shortens those
	// in progress. Lists don't wait for a recovery.
	AfterDelete  int `json:"afterDelete,omitempty"`
	AfterRecover int `json:"afterRecover,omitempty"`
	AfterPurge   int `json:"afterPurge,omitempty"`
	// EmptyPages is how many pages without items come before each page of a list with items, and
	// after the last.
	EmptyPages int `json:"emptyPages,omitempty"`
	// Latency delays every response, including the 401 challenge.
	Latency Duration `json:"latency,omitempty"`
	// PurgeProtection rejects every purge, and shows in every recoveryLevel.
	PurgeProtection bool `json:"purgeProtection,omitempty"`
	// Calls are faults of single calls. Each call gets the first one that matches it.
	Calls []Fault `json:"calls,omitempty"`
}

// Kind is what a Fault does.
type Kind string

// The kinds. A call without a valid token gets its challenge and no fault.
const (
	Throttle   Kind = "throttle"   // 429, with Retry-After if the fault has one
	Error      Kind = "error"      // the fault's status, code, innererror and message
	DropBefore Kind = "dropBefore" // the connection is closed before the call is performed
	DropAfter  Kind = "dropAfter"  // the call is performed, and its response lost
	RBAC       Kind = "rbac"       // 403 ForbiddenByRbac
	Policy     Kind = "policy"     // 403 ForbiddenByPolicy
	Firewall   Kind = "firewall"   // 403 ForbiddenByFirewall
	Delay      Kind = "delay"      // only Fault.Delay
)

// Fault is what happens to matching calls.
type Fault struct {
	Kind Kind `json:"kind"`
	// Operations are the calls that it applies to, by OperationNames; none means all.
	Operations []string `json:"operations,omitempty"`
	// Times is how many calls it applies to; 0 means all, until SetFaults.
	Times int `json:"times,omitempty"`
	// Delay is a pause before anything else.
	Delay Duration `json:"delay,omitempty"`
	// RetryAfter is the header Retry-After, for Throttle and Error; empty for none.
	RetryAfter string `json:"retryAfter,omitempty"`
	// Status (400 to 599), Code, InnerCode and Message are the response, for Error. Code and
	// Message have defaults.
	Status    int    `json:"status,omitempty"`
	Code      string `json:"code,omitempty"`
	InnerCode string `json:"innerCode,omitempty"`
	Message   string `json:"message,omitempty"`
}

func (f Faults) check() error {
	if min(f.AfterDelete, f.AfterRecover, f.AfterPurge, f.EmptyPages) < 0 || f.Latency < 0 {
		return errors.New("key vault stand-in: a number or latency in the faults is negative: use a positive one, or 0 for none")
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
		return fmt.Errorf("kind %q is not one of %q", f.Kind, kinds)
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
			return fmt.Errorf("operation %q is not one of %q", name, names)
		}
	}
	return nil
}
