package answer

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"rotunda/internal/panics"
	"rotunda/internal/rotation"
	"rotunda/internal/rotation/engine"
	"rotunda/internal/secret"
	"rotunda/internal/wire"
)

// GetRotation returns where a secret's rotation stands.
func (r Rotations) GetRotation(ctx context.Context, name string) (wire.Rotation, error) {
	status, err := r.Engine.Status(ctx, name)
	return fromStatus(status), forCaller(err)
}

// readsPerPage is how many secrets of a page are read at once.
const readsPerPage = 8

// ListRotations returns the rotations of the secrets on one page of the vault's list.
func (r Rotations) ListRotations(ctx context.Context, query secret.Query) (rotations []wire.Rotation, next string, err error) {
	page, err := r.Secrets.List(ctx, query)
	if err != nil {
		return nil, "", err
	}
	page.Secrets = slices.DeleteFunc(page.Secrets, func(s secret.Secret) bool {
		of := engine.Rotated(s)
		return of == "" || !query.Filter.Matches(s) || !query.Filter.Shows(of) // of a record, by the secret that it is about
	})
	found := make([]wire.Rotation, len(page.Secrets))
	reads, ctx := errgroup.WithContext(ctx)
	reads.SetLimit(readsPerPage)
	for i, entry := range page.Secrets {
		reads.Go(func() (err error) {
			found[i], err = r.listed(ctx, engine.Rotated(entry), rotation.Kind(entry.Tags))
			return err
		})
	}
	err = reads.Wait()
	return withoutTwins(found, page.Secrets), page.Next, err
}

// listed is GetRotation for a list, on a goroutine of its own: a panic there would end the
// process. No secret keeps others from being listed. One that the app may not read needs
// attention. One that is gone, of which only the record is left, has no name in the answer.
func (r Rotations) listed(ctx context.Context, name, kind string) (found wire.Rotation, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = panics.Error(cause)
		}
	}()
	found, err = r.GetRotation(ctx, name)
	status, inner := secret.RefusedWith(err)
	switch {
	case status == http.StatusNotFound, status == http.StatusForbidden && kind == "": // its own entry shows it
		return wire.Rotation{}, nil
	case status == http.StatusForbidden:
		reason := fmt.Sprintf("The vault does not let the app read the secret or its record (403 %s).", inner)
		return fromStatus(engine.Status{Name: name, Rotator: kind, State: rotation.Attention, Reason: reason}), nil
	}
	return found, err
}

// withoutTwins leaves out what is listed twice: a secret with rotation tags is listed by its own
// entry, any other by that of its record. It leaves out what is gone, too.
func withoutTwins(found []wire.Rotation, entries []secret.Secret) []wire.Rotation {
	var kept []wire.Rotation
	for i, entry := range entries {
		if found[i].Name != "" && (!secret.IsPending(entry.Name) || found[i].Rotator == "" && found[i].State != string(rotation.None)) {
			kept = append(kept, found[i])
		}
	}
	return kept
}

func fromStatus(s engine.Status) wire.Rotation {
	w := wire.Rotation{
		Name: s.Name, Status: statuses[s.State], State: string(s.State), Rotator: s.Rotator, Class: string(s.Class), Operation: s.Operation,
		Since: orNil(s.Since), LastSuccess: orNil(s.LastSuccess), NextDue: orNil(s.NextDue), NextTry: orNil(s.NextTry), Tries: s.Tries, Reason: s.Reason,
	}
	w.ExposedSince = orNil(s.ExposedSince)
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

// statuses are those of Azure's long-running operations, by state.
var statuses = map[rotation.State]string{
	rotation.None:      "NotStarted",
	rotation.Prepared:  "Running",
	rotation.Intent:    "Running",
	rotation.Busy:      "Running",
	rotation.Blocked:   "Running",
	rotation.Retiring:  "Succeeded",
	rotation.Closed:    "Succeeded",
	rotation.Abandoned: "Failed",
	rotation.Attention: "Failed",
}
