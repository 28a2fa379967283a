package functions

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/gorilla/mux"

	"rotunda/internal/access"
	"rotunda/internal/azfunc"
	"rotunda/internal/secret"
)

// Auditor keeps decisions. Write returns once they are durable. Healthy returns an error while they
// are known not to be.
type Auditor interface {
	Write(ctx context.Context, decisions ...access.Decision) error
	Healthy() error
}

func newCall(w http.ResponseWriter, r *http.Request, caller *access.Caller) *access.Call {
	call := &access.Call{Caller: caller}
	if entry, ok := w.(azfunc.Entry); ok {
		call.Request, call.Trace = entry.RequestID(), entry.TraceID()
	}
	if from := addressIn(lastOf(r, "X-Forwarded-For")); from.IsValid() {
		call.Address = from.String()
	}
	return call
}

// beginAudit refuses a request while the audit does not work. Otherwise what is decided about it is
// kept before the first byte of the response.
func (g guarded) beginAudit(w http.ResponseWriter, r *http.Request, call *access.Call) error {
	if g.Audit == nil {
		return nil
	}
	if err := g.Audit.Healthy(); err != nil {
		return notKept(err)
	}
	entry, ok := w.(azfunc.Entry)
	if !ok {
		return notKept(errors.New("the request did not come through the router"))
	}
	entry.BeforeResponse(func(status int) error {
		version := strings.Trim(w.Header().Get("Etag"), `"`)
		if version == "" {
			version = mux.Vars(r)["version"]
		}
		return g.Keep(r.Context(), call.Decided(status, version)...)
	})
	return nil
}

// Keep keeps decisions. If they can't be kept, the caller must not get what it asked for: the error
// is for the caller.
func (a *Access) Keep(ctx context.Context, decisions ...access.Decision) error {
	if a.Audit == nil || len(decisions) == 0 {
		return nil
	}
	if err := a.Audit.Write(context.WithoutCancel(ctx), decisions...); err != nil {
		return notKept(err)
	}
	return nil
}

func notKept(err error) error {
	return secret.Problemf(secret.ErrAuditUnavailable,
		"The audit can't be written at the moment, and nothing is answered without it. A change that was requested may or may not have been made.").Because(err)
}
