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
	"rotunda/internal/secret"
	"rotunda/internal/wire"
)

// Handler serves GET secrets/env?names=.
func Handler(reads *batchgetsecrets.Reads, guard batchgetsecrets.Guard) http.Handler {
	return apierror.Handler(func(w http.ResponseWriter, r *http.Request) error {
		variables, err := wire.ReadVariables(r)
		if err != nil {
			return err
		}
		e := &env{guard: guard, variables: variables, items: itemsOf(variables)}
		defer e.end()
		err = e.read(r.Context(), reads, wire.WantsFresh(r))
		if err := cmp.Or(e.keep(r.Context(), err), err); err != nil {
			return err
		}
		return e.response.Write(w, r)
	})
}

// env is one request.
type env struct {
	guard     batchgetsecrets.Guard
	variables []wire.Variable
	items     []wire.BatchItem // the secrets of the variables, each once
	denied    []bool           // by item
	found     []batchgetsecrets.Found
	done      func() // nil if nothing was read
	response  wire.Environment
}

func (e *env) end() {
	if e.done != nil {
		e.done()
	}
}

// read reads the secrets, if the caller may read all of them.
func (e *env) read(ctx context.Context, reads *batchgetsecrets.Reads, fresh bool) error {
	if err := e.decide(ctx); err != nil {
		return err
	}
	e.found, e.done = reads.All(ctx, e.items, fresh)
	if err := failure(e.items, e.found); err != nil {
		return err
	}
	for _, v := range e.variables {
		reading := e.found[slices.IndexFunc(e.items, v.IsOf)].Reading
		value, err := v.In(reading)
		if err != nil {
			return err
		}
		e.response.Add(v.Name, value, reading)
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
		if i < len(e.found) && e.found[i].Err == nil {
			version = e.found[i].Reading.Version() // as the vault spells it
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
