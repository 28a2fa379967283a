package engine

import (
	"context"
	"errors"
	"slices"
	"strings"

	"rotunda/internal/rotation"
	"rotunda/internal/secret"
)

// maxNeighbours bounds how many secrets a location's note lists. Servers that have the same name
// of themselves share a note, and each secret in it costs a login.
const maxNeighbours = 8

// locate asks the provider which server it is, if its rotator can.
func (a *attempt) locate(ctx context.Context) (rotation.Location, error) {
	locator, ok := a.rotator.(rotation.Locator)
	if !ok {
		return rotation.Location{}, nil
	}
	return locator.Locate(ctx, a.subject)
}

// checkLocation returns a fault if another secret rotates the same login by another address.
func (a *attempt) checkLocation(ctx context.Context) (err error) {
	if a.location, err = a.locate(ctx); err != nil || a.location.Login == "" {
		return err
	}
	if a.neighbours, err = a.readNeighbours(ctx); err != nil {
		return err
	}
	for _, other := range a.neighbours {
		found, err := a.otherManaged(ctx, other)
		if err != nil {
			return err
		}
		if same, err := a.isAtTheSame(ctx, found); err != nil {
			return err
		} else if same {
			return twinFault(other, " by another address")
		}
	}
	return nil
}

func (a *attempt) readNeighbours(ctx context.Context) ([]string, error) {
	note, err := a.Locks.ReadNote(ctx, a.locationNote())
	return strings.Fields(note), err
}

// isAtTheSame reports whether another secret's current value logs in to the same running server,
// as the same user. A secret that does not log in changes nothing there.
func (a *attempt) isAtTheSame(ctx context.Context, other secret.Secret) (bool, error) {
	if other.Version == "" {
		return false, nil
	}
	its := a.newAttempt(Request{Name: other.Name})
	its.latest = other
	err := its.understand(ctx)
	var at rotation.Location
	if err == nil {
		at, err = its.locate(ctx)
	}
	if _, wrong := errors.AsType[*rotation.Fault](err); wrong {
		return false, ctx.Err()
	}
	return err == nil && at == a.location, err
}

// claimLocation adds this secret to those of its login.
func (a *attempt) claimLocation(ctx context.Context) error {
	isOwn := func(name string) bool { return strings.EqualFold(name, a.latest.Name) }
	if a.location.Login == "" || slices.ContainsFunc(a.neighbours, isOwn) {
		return nil
	}
	names := append(a.neighbours, a.latest.Name)
	return a.Locks.WriteNote(ctx, a.locationNote(), strings.Join(names[max(0, len(names)-maxNeighbours):], " "))
}

func (a *attempt) locationNote() string { return "at--" + hash(a.location.Login) }
