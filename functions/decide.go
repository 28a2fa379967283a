package functions

import (
	"cmp"
	"context"
	"net/http"
	"strings"

	"rotunda/internal/access"
	"rotunda/internal/access/rules"
	"rotunda/internal/secret"
	"rotunda/internal/wire"
)

// Rules say what a caller may do.
type Rules interface {
	Allows(caller *access.Caller, action access.Action, secret string) bool
	AllowsAny(caller *access.Caller, action access.Action) bool
	AllowsEvery(caller *access.Caller, action access.Action) bool
	Granted(caller *access.Caller) []rules.Grant
	GrantedFor(caller *access.Caller, secret string) []access.Action
}

// decide decides whether the caller may call the function, and adds to the call what was decided.
func (g guarded) decide(call *access.Call, r *http.Request, name string) error {
	if g.need.on == nothing {
		return nil
	}
	for _, action := range append([]access.Action{g.need.action}, g.need.more(r)...) {
		if !g.may(call.Caller, action, name) {
			return g.refuseEach(call, action, g.need.names(r, name))
		}
		if g.need.on != items { // the function decides on each
			call.Decide(access.Decision{Action: action, Secret: named(name), Allowed: true})
		}
	}
	return nil
}

// may reports whether a caller may call the function for a secret. A function that leaves out the
// secrets that the caller may not have can be called if there may be one that it may.
func (g guarded) may(caller *access.Caller, action access.Action, name string) bool {
	switch {
	case g.SignIn == nil:
		return true
	case g.need.on == every:
		return g.Rules.AllowsEvery(caller, action)
	case g.need.on == selected, g.need.on == items, g.need.on == theQuery && name == access.Every:
		return g.Rules.AllowsAny(caller, action)
	}
	return g.Rules.Allows(caller, action, name)
}

// Allows reports whether the caller of a context may do something to a secret.
func (a *Access) Allows(ctx context.Context, action access.Action, name string) bool {
	return a.SignIn == nil || a.Rules.Allows(access.CallerFrom(ctx), action, name)
}

// NoteUse keeps for the audit that the caller of a context does what it may.
func (*Access) NoteUse(ctx context.Context, action access.Action, name string) {
	if call := access.CallFrom(ctx); call != nil {
		call.Decide(access.Decision{Action: action, Secret: named(name), Allowed: true})
	}
}

// Refuse returns the error for the caller of a context, who may not do something to a secret, and
// keeps that for the audit.
func (a *Access) Refuse(ctx context.Context, action access.Action, name string) error {
	call := access.CallFrom(ctx)
	if call == nil {
		return refusal(nil, action, name)
	}
	return a.refuse(call, action, name)
}

// Forbid returns the error for the caller of a context, who may not do something to a secret.
func (*Access) Forbid(ctx context.Context, action access.Action, name string) error {
	return refusal(access.CallerFrom(ctx), action, name)
}

func (*Access) refuse(call *access.Call, action access.Action, name string) error {
	call.Decide(access.Decision{Action: action, Secret: named(name), Status: http.StatusForbidden})
	return refusal(call.Caller, action, name)
}

// refuseEach refuses an action on several secrets, and returns the error about the first.
func (a *Access) refuseEach(call *access.Call, action access.Action, names []string) (first error) {
	for _, name := range names {
		first = cmp.Or(first, a.refuse(call, action, name))
	}
	return first
}

// refusal is in Key Vault's words, and says which rule is missing.
func refusal(caller *access.Caller, action access.Action, name string) error {
	name = named(name)
	why, others := "", ""
	switch {
	case action == access.ConfigureRotation:
		why = " The request may set, change or drop a tag that directs a rotation, such as ProviderAddress or Rotator."
	case name == access.Every && action != access.Restore: // the function leaves out what is not allowed
		others = ". With names of secrets in place of *, it would allow this for those"
	}
	return secret.Problemf(secret.ErrForbidden, "Caller is not authorized to perform action on resource. Caller: %[1]s. Action: %[2]s. Resource: %[3]s.%[4]s "+
		`This rule would allow it: {"who": [%[1]q], "may": [%[2]q], "secrets": [%[3]q]}%[5]s`, caller, action, name, why, others)
}

// named returns a name if it is a secret's, or access.Every.
func named(name string) string {
	if _, err := secret.ParseName(name); err != nil && name != access.Every {
		return "(an invalid name)"
	}
	return name
}

// Describe returns who the caller of a context is and what it may do, or what it may do to one
// secret if name is not "".
func (a *Access) Describe(ctx context.Context, name string) wire.Access {
	caller := access.CallerFrom(ctx)
	found := wire.Access{Caller: caller.String(), SignIn: "keys", Secret: name}
	if a.SignIn == nil {
		return found
	}
	found.SignIn, found.Who = "tokens", whoIs(caller)
	if name != "" {
		may := a.Rules.GrantedFor(caller, name)
		found.May = &may
		return found
	}
	grants := a.Rules.Granted(caller)
	found.Grants = &grants
	return found
}

// whoIs returns the words by which a rule can mean a caller.
func whoIs(caller *access.Caller) (who []string) {
	add := func(kind string, values ...string) {
		for _, value := range values {
			if value != "" {
				who = append(who, kind+value)
			}
		}
	}
	add("oid:", strings.ToLower(caller.Object))
	add("app:", strings.ToLower(caller.Application))
	add("role:", caller.Roles...)
	add("group:", caller.Groups...)
	add("", caller.Principal)
	return who
}
