package answer

import (
	"context"
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
		return !query.Filter.Matches(s) || !query.Filter.Shows(engine.Rotated(s)) // of a record, by the secret that it is about
	})
	var names []string
	for _, entry := range page.Secrets {
		if of := engine.Rotated(entry); of != "" {
			names = append(names, of)
		}
	}
	found := make([]wire.Rotation, len(names))
	reads, ctx := errgroup.WithContext(ctx)
	reads.SetLimit(readsPerPage)
	for i, name := range names {
		reads.Go(func() (err error) {
			found[i], err = r.listed(ctx, name)
			return err
		})
	}
	err = reads.Wait()
	return withoutTwins(found, page.Secrets), page.Next, err
}

// listed is GetRotation for a list, on a goroutine of its own: a panic there would end the process.
// A secret that is gone, of which only the record is left, has no name in the answer.
func (r Rotations) listed(ctx context.Context, name string) (found wire.Rotation, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = panics.Error(cause)
		}
	}()
	found, err = r.GetRotation(ctx, name)
	if secret.IsMissing(err) {
		return wire.Rotation{}, nil
	}
	return found, err
}

// withoutTwins leaves out what is listed twice: a secret with rotation tags is listed by its own
// entry, any other by that of its record. It leaves out what is gone, too.
func withoutTwins(found []wire.Rotation, entries []secret.Secret) []wire.Rotation {
	var kept []wire.Rotation
	i := 0
	for _, entry := range entries {
		if engine.Rotated(entry) == "" {
			continue
		}
		if found[i].Name != "" && (!secret.IsPending(entry.Name) || found[i].Rotator == "" && found[i].State != string(rotation.None)) {
			kept = append(kept, found[i])
		}
		i++
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
