package main

import (
	"context"
	"time"

	"golang.org/x/sync/errgroup"

	"rotunda/internal/rotation"
	"rotunda/internal/rotation/engine"
	"rotunda/internal/secret"
	"rotunda/internal/wire"
)

// GetRotation tells where a secret's rotation stands.
func (r rotations) GetRotation(ctx context.Context, name string) (wire.Rotation, error) {
	status, err := r.engine.Status(ctx, name)
	return fromStatus(status), forCaller(err)
}

// readsPerPage is how many secrets of a page are read at once.
const readsPerPage = 8

// ListRotations tells of the secrets on one page of the vault's list that are rotated.
func (r rotations) ListRotations(ctx context.Context, query secret.Query) ([]wire.Rotation, string, error) {
	page, err := r.secrets.List(ctx, query)
	if err != nil {
		return nil, "", err
	}
	var names []string
	for _, entry := range page.Secrets {
		if rotation.IsManaged(entry.Tags) && !secret.IsPending(entry.Name) {
			names = append(names, entry.Name)
		}
	}
	found := make([]wire.Rotation, len(names))
	reads, ctx := errgroup.WithContext(ctx)
	reads.SetLimit(readsPerPage)
	for i, name := range names {
		reads.Go(func() (err error) {
			found[i], err = r.GetRotation(ctx, name)
			return err
		})
	}
	return found, page.Next, reads.Wait()
}

func fromStatus(s engine.Status) wire.Rotation {
	w := wire.Rotation{
		Name: s.Name, Status: statuses[s.State], State: string(s.State), Rotator: s.Rotator, Class: string(s.Class), Operation: s.Operation,
		Since: orNil(s.Since), LastSuccess: orNil(s.LastSuccess), NextDue: orNil(s.NextDue), NextTry: orNil(s.NextTry), Tries: s.Tries, Reason: s.Reason,
	}
	if !s.LastSuccess.IsZero() {
		w.Exposure = new(s.Exposure.Milliseconds())
	}
	return w
}

func orNil(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return new(t.UTC().Truncate(time.Second))
}

var statuses = map[rotation.State]string{
	rotation.None: "NotStarted", rotation.Prepared: "Running", rotation.Intent: "Running", rotation.Busy: "Running", rotation.Blocked: "Running",
	rotation.Retiring: "Succeeded", rotation.Closed: "Succeeded", rotation.Abandoned: "Failed", rotation.Attention: "Failed",
}

// PlanRotation tells what a rotation would do. It logs in at the provider, and changes nothing.
func (r rotations) PlanRotation(ctx context.Context, name string) (wire.RotationPlan, error) {
	p, err := r.engine.Preview(ctx, name)
	return wire.RotationPlan{
		Name: name, Ready: p.Problem == "", Problem: p.Problem, Rotator: p.Rotator, Class: string(p.Class), Credential: p.Identity,
		Steps: append([]string{}, steps[p.Class]...), Warnings: append([]string{}, p.Warnings...),
	}, forCaller(err)
}

// steps say what a rotation changes, in order.
var steps = map[rotation.Class][]string{
	rotation.Overlap: {
		"The new password becomes valid at the provider, beside the current one.", "It is tried, and published as the secret's new version.",
		"After the grace period the current password is removed, and the version that holds it is disabled.",
	},
	rotation.Alternating: {
		"The other login gets a new password at the provider; it is created if need be.", "It is tried, and published as the secret's new version.",
		"After the grace period the current login loses its password, and the version that holds it is disabled.",
	},
	rotation.Single: {"The login's password is changed at the provider.", "It is tried, and published as the secret's new version."},
	rotation.DualKey: {
		"The key that the secret does not hold is made anew.", "It is published as the secret's new version.",
		"After the grace period the version that holds the current key is disabled.",
	},
	rotation.Issued: {
		"A new credential is made at the provider.", "It is tried, and published as the secret's new version.",
		"After the grace period the current credential is revoked, and the version that holds it is disabled.",
	},
	rotation.ValueOnly: {"A new random value is published as the secret's new version."},
}
