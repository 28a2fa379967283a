package engine

import (
	"context"
	"errors"
	"slices"
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
	a.neighbours, a.asked = nil, nil
	a.askUntil = time.Now().Add(neighboursTime)
	return a.checkNeighbours(ctx)
}

// checkNeighbours asks about the secrets in the location's note that this attempt has not asked
// about.
func (a *attempt) checkNeighbours(ctx context.Context) (err error) {
	if a.listed, err = a.Locks.ReadNote(ctx, a.locationNote()); err != nil {
		return err
	}
	for other := range strings.FieldsSeq(a.listed) {
		if slices.Contains(a.asked, other) {
			continue
		}
		a.asked = append(a.asked, other)
		found, err := a.otherManaged(ctx, other)
		if err != nil {
			return err
		}
		if found.Version == "" { // its own name, or one that is not rotated any more
			continue
		}
		a.neighbours = append(a.neighbours, other)
		if time.Now().After(a.askUntil) {
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

// claimTries is more than a claim takes while a sweep's rotations of many servers that share a
// note begin at the same time.
const claimTries = 20

// claimLocation adds this secret to those of its login. If another secret was added since, that is
// asked about, too: most often it is another server's.
func (a *attempt) claimLocation(ctx context.Context) error {
	for range claimTries {
		claimed, err := a.tryClaimLocation(ctx)
		if err != nil || claimed {
			return err
		}
		if err := a.checkNeighbours(ctx); err != nil {
			return err
		}
	}
	return errClaimed
}

func (a *attempt) tryClaimLocation(ctx context.Context) (claimed bool, _ error) {
	if a.location.Login == "" {
		return true, nil
	}
	names := append(a.neighbours, strings.ToLower(a.latest.Name))
	note := strings.Join(names[max(0, len(names)-maxNeighbours):], " ")
	if note == a.listed {
		return true, nil
	}
	return a.Locks.SwapNote(ctx, a.locationNote(), a.listed, note)
}

func (a *attempt) locationNote() string { return "at--" + hash(a.location.Login) }
