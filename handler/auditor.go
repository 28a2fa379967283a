package main

import (
	"context"
	"errors"
	"sync"

	"rotunda/functions"
	"rotunda/internal/access"
	"rotunda/internal/audit"
	"rotunda/internal/panics"
)

// auditor writes decisions as records of the audit.
type auditor struct{ *audit.Log }

var _ functions.Auditor = auditor{}

// Write writes all decisions at once, so that they share one append.
func (a auditor) Write(ctx context.Context, decisions ...access.Decision) error {
	if len(decisions) == 1 {
		return a.Log.Write(ctx, recordOf(decisions[0]))
	}
	failed := make([]error, len(decisions))
	var writes sync.WaitGroup
	for i, d := range decisions {
		writes.Go(func() { failed[i] = a.write(ctx, d) })
	}
	writes.Wait()
	return errors.Join(failed...)
}

// write turns a panic into an error, because it runs on a goroutine of its own.
func (a auditor) write(ctx context.Context, d access.Decision) (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = panics.Error(cause)
		}
	}()
	return a.Log.Write(ctx, recordOf(d))
}

func recordOf(d access.Decision) audit.Record {
	return audit.Record{
		Caller: d.Caller, Application: d.Application, Action: d.Action, Secret: d.Secret, Version: d.Version, Allowed: d.Allowed,
		Status: d.Status, Request: d.Request, Trace: d.Trace, Address: d.Address, Operation: d.Operation,
	}
}
