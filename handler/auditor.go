package main

import (
	"context"

	"rotunda/functions"
	"rotunda/internal/access"
	"rotunda/internal/audit"
)

// auditor writes decisions as records of the audit.
type auditor struct{ *audit.Log }

var _ functions.Auditor = auditor{}

// Write writes all decisions at once, so that they share one append.
func (a auditor) Write(ctx context.Context, decisions ...access.Decision) error {
	records := make([]audit.Record, len(decisions))
	for i, d := range decisions {
		records[i] = recordOf(d)
	}
	return a.Log.Write(ctx, records...)
}

func recordOf(d access.Decision) audit.Record {
	return audit.Record{
		Caller: d.Caller, Application: d.Application, Action: d.Action, Secret: d.Secret, Version: d.Version, Allowed: d.Allowed,
		Status: d.Status, Request: d.Request, Trace: d.Trace, Address: d.Address, Operation: d.Operation,
	}
}
