package engine

import (
	"context"
	"errors"
	"strings"
	"time"

	"rotunda/internal/rotation"
	"rotunda/internal/secret"
)

// maxNeighbours bounds how many secrets a location's note lists. Servers that have the same name
// of themselves share a note, and each secret in it costs a login.
const maxNeighbours = 8

// The secrets in a note may be other servers', and these may hang. That must not keep a rotation
// from its end.
const (
	neighbourTime  = 2 * time.Second // for one of them
	neighboursTime = 4 * time.Second // no other is asked after it
)

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
	note, err := a.Locks.ReadNote(ctx, a.locationNote())
	if err != nil {
		return err
	}
	a.listed, a.neighbours = note, nil
	until := time.Now().Add(neighboursTime)
	for other := range strings.FieldsSeq(note) {
		found, err := a.otherManaged(ctx, other)
		if err != nil {
			return err
		}
		if found.Version == "" { // its own name, or one that is not rotated any more
			continue
		}
		a.neighbours = append(a.neighbours, other)
		if time.Now().After(until) {
			continue
		}
		if same, err := a.isAtTheSame(ctx, found); err != nil {
			return err
		} else if same {
			return twinFault(other, " by another address")
		}
	}
	return nil
}

// isAtTheSame reports whether another secret's current value logs in to the same running server,
// as the same user. A secret that does not log in changes nothing there, and one whose server
// hangs, where this secret's own has just answered, is taken for one that does not.
func (a *attempt) isAtTheSame(ctx context.Context, other secret.Secret) (bool, error) {
	short, cancel := context.WithTimeout(ctx, neighbourTime)
	defer cancel()
	its := a.newAttempt(Request{Name: other.Name})
	its.latest = other
	err := its.understand(short)
	var at rotation.Location
	if err == nil {
		at, err = its.locate(short)
	}
	if _, wrong := errors.AsType[*rotation.Fault](err); wrong || err != nil && short.Err() != nil {
		return false, ctx.Err()
	}
	return err == nil && at == a.location, err
}

// claimLocation adds this secret to those of its login.
func (a *attempt) claimLocation(ctx context.Context) error {
	if a.location.Login == "" {
		return nil
	}
	names := append(a.neighbours, strings.ToLower(a.latest.Name))
	note := strings.Join(names[max(0, len(names)-maxNeighbours):], " ")
	if note == a.listed {
		return nil
	}
	return a.swapNote(ctx, a.locationNote(), a.listed, note)
}

func (a *attempt) locationNote() string { return "at--" + hash(a.location.Login) }
