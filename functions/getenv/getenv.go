// Package getenv reads many secrets at once as environment variables, all of them or none. Key
// Vault has no such operation. It has no function.json: the Functions host sends its requests to
// getsecret, whose route has the secret named env.
package getenv

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"rotunda/functions/batchgetsecrets"
	"rotunda/internal/access"
	"rotunda/internal/apierror"
	"rotunda/internal/budget"
	"rotunda/internal/secret"
	"rotunda/internal/wire"
)

// Handler serves GET secrets/env?names=.
func Handler(reads *batchgetsecrets.Reads, guard batchgetsecrets.Guard) http.Handler {
	scans := budget.NewSeats(2) // the fields of a value may have hundreds of times its size
	return apierror.Handler(func(w http.ResponseWriter, r *http.Request) error {
		variables, err := wire.ReadVariables(r)
		if err != nil {
			return err
		}
		e := &env{guard: guard, scans: scans, variables: variables, items: itemsOf(variables), response: wire.NewEnvironment(r)}
		defer func() { e.held.End() }()
		err = e.read(r.Context(), reads, wire.WantsFresh(r))
		if err := cmp.Or(e.keep(r.Context(), err), err); err != nil {
			return err
		}
		e.response.Write(w)
		return nil
	})
}

// env is one request.
type env struct {
	guard     batchgetsecrets.Guard
	scans     *budget.Seats
	variables []wire.Variable
	values    []secret.Value        // of the variables
	items     []wire.BatchItem      // the secrets of the variables, each once
	denied    []bool                // by item
	held      *batchgetsecrets.Held // nil if nothing was read
	response  *wire.Environment
}

// read reads the secrets, if the caller may read all of them.
func (e *env) read(ctx context.Context, reads *batchgetsecrets.Reads, fresh bool) error {
	if err := e.decide(ctx); err != nil {
		return err
	}
	e.held = reads.All(ctx, e.items, fresh)
	if err := failure(e.items, e.held.Found); err != nil {
		return err
	}
	e.values = make([]secret.Value, len(e.variables))
	for i, item := range e.items {
		if err := e.find(ctx, item, e.held.Found[i].Reading); err != nil {
			return err
		}
	}
	return e.respond()
}

// find finds the values of the variables of one secret.
func (e *env) find(ctx context.Context, item wire.BatchItem, reading wire.Reading) error {
	e.response.From(reading)
	source, err := wire.NewSource(reading)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(e.variables, func(v wire.Variable) bool { return v.Field != "" && v.IsOf(item) }) {
		leave, err := e.scans.Take(ctx)
		if err != nil {
			return err
		}
		defer leave()
	}
	for i, v := range e.variables {
		if !v.IsOf(item) {
			continue
		}
		if e.values[i], err = source.Find(v); err != nil {
			return err
		}
	}
	return nil
}

// respond adds the variables to the response, if there is room: many may be of one secret.
func (e *env) respond() error {
	for i, v := range e.variables {
		added, err := e.response.Add(v.Name, e.values[i])
		if err != nil {
			return err
		}
		if err := e.held.More(2 * added); err != nil { // what grows has room for as much again
			return err
		}
	}
	return nil
}

// decide returns the error about the first secret that the caller may not read.
func (e *env) decide(ctx context.Context) (first error) {
	for _, item := range e.items {
		allowed := e.guard.Allows(ctx, access.GetSecret, item.Name)
		if e.denied = append(e.denied, !allowed); !allowed && first == nil {
			first = e.guard.Forbid(ctx, access.GetSecret, item.Name)
		}
	}
	return first
}

// keep keeps what was decided about each secret, and what came of it.
func (e *env) keep(ctx context.Context, err error) error {
	if !e.guard.Keeps() {
		return nil
	}
	status := http.StatusOK
	if err != nil {
		status = apierror.For(err).Status
	}
	call := access.CallFrom(ctx)
	decisions := make([]access.Decision, len(e.items))
	for i, item := range e.items {
		version := item.Version
		if e.held != nil && i < len(e.held.Found) && e.held.Found[i].Err == nil {
			version = e.held.Found[i].Reading.Version() // as the vault spells it
		}
		decisions[i] = call.Complete(access.Decision{
			Action: access.GetSecret, Secret: item.Name, Version: version, Allowed: !e.denied[i], Status: status,
		})
	}
	return e.guard.Keep(ctx, decisions...)
}

func itemsOf(variables []wire.Variable) (items []wire.BatchItem) {
	for _, v := range variables {
		if !slices.ContainsFunc(items, v.IsOf) {
			items = append(items, v.Item)
		}
	}
	return items
}

// failure returns the error of the first secret that can't be read, with its name, or with those
// of all that are missing.
func failure(items []wire.BatchItem, found []batchgetsecrets.Found) error {
	var missing []string
	first := -1
	for i, one := range found {
		if one.Err != nil && first < 0 {
			first = i
		}
		if secret.IsMissing(one.Err) {
			missing = append(missing, items[i].Name)
		}
	}
	switch {
	case first < 0:
		return nil
	case secret.IsMissing(found[first].Err) && len(missing) > 1:
		return naming(found[first].Err, "These secrets are missing: "+strings.Join(missing, ", ")+".")
	}
	return naming(found[first].Err, "The secret "+items[first].Name+" can't be read.")
}

// naming returns an error of the vault with a sentence before its message, which may not name the
// secret.
func naming(err error, sentence string) error {
	refusal, ok := errors.AsType[*secret.Refusal](err)
	if !ok {
		return err
	}
	named := *refusal
	named.Message = sentence + " " + refusal.Message
	return &named
}
