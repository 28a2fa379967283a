package engine

import (
	"context"

	"rotunda/internal/secret"
)

// Anyone who may write secrets can write a record. What proves that the app wrote one is a note
// beside the locks.

// checkRecord finds out whether an open record is the app's. If not, nothing is done with it.
func (a *attempt) checkRecord(ctx context.Context) error {
	if !a.record.open() {
		return nil
	}
	genuine, err := a.isOurs(ctx, a.record)
	if err != nil {
		return err
	}
	if !genuine && !a.request.Adopt {
		a.evidence.forged = true
		return a.findGenuine(ctx)
	}
	a.durable = true
	if !genuine {
		return a.Locks.WriteNote(ctx, noteOf(a.record.Operation), a.record.text)
	}
	return nil
}

// findGenuine looks below a forged record for an open one of the app's, and makes it the latest
// again.
func (a *attempt) findGenuine(ctx context.Context) error {
	name := secret.PendingName(a.request.Name)
	versions, err := history{vault: a.Vault, name: name}.versions(ctx)
	if err != nil {
		return err
	}
	for _, v := range versions {
		if isDisabled(v) { // it is closed, as almost all are
			continue
		}
		found, err := a.Vault.Get(ctx, name, v.Version)
		if err != nil {
			continue
		}
		older, err := parseRecord(found)
		if err != nil || !older.open() {
			continue
		}
		if genuine, err := a.isOurs(ctx, older); err != nil || !genuine {
			continue
		}
		if a.record, err = a.writeRecord(ctx, a.request.Name, older); err != nil {
			return err
		}
		a.report += "Somebody else wrote a record over that of this rotation. It was ignored. "
		a.found, a.durable, a.evidence.forged = a.record.version, true, false
		return nil
	}
	return nil
}

// isOurs reports whether the app wrote the record: whoever may write secrets could forge one.
func (e *Engine) isOurs(ctx context.Context, r record) (bool, error) {
	if _, err := secret.ParseName(noteOf(r.Operation)); err != nil {
		return false, nil
	}
	note, err := e.Locks.ReadNote(ctx, noteOf(r.Operation))
	return err == nil && note == r.text, err
}

// noteOf names the note of an operation. No two operations share one, so that two workers that
// have both begun cannot replace each other's.
func noteOf(operation string) string { return "op--" + operation }

// forget removes the note of an operation that is closed, once another one has begun.
func (a *attempt) forget(ctx context.Context, older record) {
	if older.Operation != "" && older.Operation != a.record.Operation {
		_ = a.Locks.WriteNote(ctx, noteOf(older.Operation), "")
		if k, ok := a.class.(regenerating); ok {
			k.forget(ctx, a.Locks, older)
		}
	}
}
