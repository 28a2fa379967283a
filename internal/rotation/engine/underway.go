package engine

import (
	"context"
	"errors"
	"strings"
	"time"

	"rotunda/internal/rotation"
)

// Some providers accept a regeneration and take minutes or hours for it. A note beside the locks
// says how the provider names that, so that each later attempt asks about it and none repeats it.

const (
	// pollPause is how soon another attempt asks again.
	pollPause = time.Minute
	// patience is how long an operation may run before a person should know of it.
	patience = time.Hour
	// untoldTime is for how long nothing is ordered again after an operation of which the provider
	// does not tell how far it is: Cosmos DB may take hours.
	untoldTime = 24 * time.Hour
	// untold begins the note of such an operation. The time until when it may run follows.
	untold = "untold "
)

// leave notes what the provider is still working on when the attempt ends. Should the note be
// lost, later attempts know only the list of keys, and wait until the change has settled.
func (k regenerating) leave(ctx context.Context, o operation, err error) error {
	running, is := errors.AsType[*rotation.Underway](err)
	if !is {
		return err
	}
	note := running.Operation
	if note == "" || len(note) > rotation.MaxNote {
		note = untoldNote()
	}
	_ = o.notes.WriteNote(ctx, underwayNote(o.Operation), note)
	return unsettled{running.Fault, time.Now().Add(pollPause)}
}

func untoldNote() string {
	return untold + time.Now().Add(untoldTime).UTC().Format(time.RFC3339)
}

// await returns a fault while the provider still works on what an earlier attempt has ordered. If
// the provider does not tell, it returns until when that may be so: the list of keys tells earlier
// if it has ended well.
func (k regenerating) await(ctx context.Context, o operation) (until time.Time, _ error) {
	if o.fresh {
		return time.Time{}, nil
	}
	note, err := o.notes.ReadNote(ctx, underwayNote(o.Operation))
	if err != nil || note == "" {
		return time.Time{}, err
	}
	if text, is := strings.CutPrefix(note, untold); is {
		return time.Parse(time.RFC3339, text)
	}
	awaiter, ok := k.provider.(rotation.Awaiter)
	if !ok {
		return time.Time{}, nil
	}
	err = awaiter.Await(ctx, o.Subject, note)
	running, is := errors.AsType[*rotation.Underway](err)
	if is && running.Operation != "" && running.Operation != note { // without the new name, the old one serves
		_ = o.notes.WriteNote(ctx, underwayNote(o.Operation), running.Operation)
	}
	switch {
	case is && running.Operation == "":
		return time.Now().Add(untoldTime), o.notes.WriteNote(ctx, underwayNote(o.Operation), untoldNote())
	case is && time.Since(o.intent) < patience:
		return time.Time{}, unsettled{running.Fault, time.Now().Add(pollPause)}
	case err != nil:
		return time.Time{}, err
	}
	return time.Time{}, o.notes.WriteNote(ctx, underwayNote(o.Operation), "")
}

// stillUntold is why nothing is ordered again before a time.
func (o operation) stillUntold(until time.Time) error {
	fault := rotation.Temporaryf("The provider has accepted to make a new key, does not list it yet, and does not tell how far that is. If nothing comes of it, the key is ordered again at %s.", formatTime(until))
	if time.Since(o.intent) < patience {
		return unsettled{fault, time.Now().Add(pollPause)}
	}
	return fault
}

// forget removes what was noted about an operation that was cancelled meanwhile.
func (k regenerating) forget(ctx context.Context, notes rotation.Ledger, older record) {
	_ = notes.WriteNote(ctx, underwayNote(older.Operation), "")
}

func underwayNote(operation string) string { return "run--" + operation }
