package engine

import (
	"context"
	"errors"
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
)

// leave notes what the provider is still working on when the attempt ends. Should the note be
// lost, later attempts know only the list of keys, and wait until the change has settled.
func (k regenerating) leave(ctx context.Context, o operation, err error) error {
	running, is := errors.AsType[*rotation.Underway](err)
	if !is {
		return err
	}
	if running.Operation != "" && len(running.Operation) <= rotation.MaxNote {
		_ = o.notes.WriteNote(ctx, underwayNote(o.Operation), running.Operation)
	}
	return unsettled{running.Fault, time.Now().Add(pollPause)}
}

// await returns a fault while the provider still works on what an earlier attempt has ordered.
func (k regenerating) await(ctx context.Context, o operation) error {
	awaiter, ok := k.provider.(rotation.Awaiter)
	if !ok || o.fresh {
		return nil
	}
	note, err := o.notes.ReadNote(ctx, underwayNote(o.Operation))
	if err != nil || note == "" {
		return err
	}
	err = awaiter.Await(ctx, o.Subject, note)
	running, is := errors.AsType[*rotation.Underway](err)
	switch {
	case is && time.Since(o.intent) < patience:
		return unsettled{running.Fault, time.Now().Add(pollPause)}
	case err != nil:
		return err
	}
	return o.notes.WriteNote(ctx, underwayNote(o.Operation), "")
}

// forget removes what was noted about an operation that was cancelled meanwhile.
func (k regenerating) forget(ctx context.Context, notes rotation.Ledger, older record) {
	if _, ok := k.provider.(rotation.Awaiter); ok {
		_ = notes.WriteNote(ctx, underwayNote(older.Operation), "")
	}
}

func underwayNote(operation string) string { return "run--" + operation }
