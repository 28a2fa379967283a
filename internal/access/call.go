package access

import (
	"context"
	"sync"
)

// Decision is what was decided about one action of a caller on one secret. It goes into the audit.
type Decision struct {
	Caller          string // or what started a rotation instead of a caller, such as "event"
	Application     string // the client id of the program that got the caller's token
	Action          Action
	Secret, Version string // Every for all secrets
	Allowed         bool
	Status          int    // of the response, or of a batch's item
	Request         string // the response's x-ms-request-id
	Trace           string
	Address         string // of the caller
	Operation       string // the id of the rotation
}

// Every stands for all secrets in a decision. No secret has this name.
const Every = "*"

// Call is one request of a caller, and what was decided about it. The decisions of a request
// reach the audit before the first byte of its response.
type Call struct {
	Caller                  *Caller
	Request, Trace, Address string

	mu        sync.Mutex
	decisions []Decision
}

// Decide adds a decision. It sets what the decisions of a call have in common.
func (c *Call) Decide(d Decision) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.decisions = append(c.decisions, c.Complete(d))
}

// Complete returns a decision with what the decisions of a call have in common.
func (c *Call) Complete(d Decision) Decision {
	d.Caller, d.Application, d.Request, d.Trace, d.Address = c.Caller.String(), c.Caller.Application, c.Request, c.Trace, c.Address
	return d
}

// Found says which secret a call turned out to be about whose decisions are on all secrets. A nil
// Call is of no caller.
func (c *Call) Found(name string) {
	if c == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for i := range c.decisions {
		if d := &c.decisions[i]; d.Secret == Every && d.Allowed {
			d.Secret = name
		}
	}
}

// Decided returns the decisions. Those without a status or a version of their own get the
// response's.
func (c *Call) Decided(status int, version string) []Decision {
	c.mu.Lock()
	defer c.mu.Unlock()
	all := make([]Decision, len(c.decisions))
	for i, d := range c.decisions {
		if d.Status == 0 {
			d.Status = status
		}
		if d.Version == "" {
			d.Version = version
		}
		all[i] = d
	}
	return all
}

type callKey struct{}

// WithCall returns a context of what a call causes. Its caller is CallerFrom's.
func WithCall(ctx context.Context, call *Call) context.Context {
	return context.WithValue(ctx, callKey{}, call)
}

// CallFrom returns the call of a context, or nil.
func CallFrom(ctx context.Context) *Call {
	call, _ := ctx.Value(callKey{}).(*Call)
	return call
}

type selectionKey struct{}

// WithSelection returns the context of an operation on many secrets, of which the caller may see
// those that selected accepts.
func WithSelection(ctx context.Context, selected func(name string) bool) context.Context {
	return context.WithValue(ctx, selectionKey{}, selected)
}

// SelectionFrom returns what WithSelection added to the context, or nil if the operation is on all
// secrets.
func SelectionFrom(ctx context.Context) func(name string) bool {
	selected, _ := ctx.Value(selectionKey{}).(func(string) bool)
	return selected
}
