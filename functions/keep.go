package functions

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"

	"github.com/gorilla/mux"

	"rotunda/internal/access"
	"rotunda/internal/azfunc"
	"rotunda/internal/secret"
)

// Auditor keeps decisions. Write returns once they are durable. Healthy returns an error while
// they are known not to be.
type Auditor interface {
	Write(ctx context.Context, decisions ...access.Decision) error
	Healthy() error
}

func newCall(w http.ResponseWriter, r *http.Request, caller *access.Caller) *access.Call {
	call := &access.Call{Caller: caller}
	if entry, ok := w.(azfunc.Entry); ok {
		call.Request, call.Trace = entry.RequestID(), entry.TraceID()
	}
	if from, _ := azfunc.CallerAddress(r); from.IsValid() {
		call.Address = from.String()
	}
	return call
}

// beginAudit refuses a request while the audit does not work. Otherwise what is decided about it
// is kept before the first byte of the response.
func (g guarded) beginAudit(w http.ResponseWriter, r *http.Request, call *access.Call) error {
	if g.Audit == nil {
		return nil
	}
	needed := !g.AuditWritesOnly || !g.need.reads()
	if err := g.Ready(); err != nil && needed {
		return err
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

// Ready returns an error for the caller while it is known that decisions can't be kept. Nothing
// must be changed then.
func (a *Access) Ready() error {
	if a.Audit == nil {
		return nil
	}
	if err := a.Audit.Healthy(); err != nil {
		return secret.Problemf(secret.ErrAuditUnavailable, "The audit can't be written at the moment, and nothing is done without it. Nothing was changed.").Because(err)
	}
	return nil
}

// Keep keeps decisions. If they can't be kept, the caller must not get what it asked for: the
// error is for the caller.
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

// itemGuard decides on the items of batches. It also logs them, because the line of the request
// does not show them.
type itemGuard struct{ *Access }

// Allows is Access.Allows. Each item counts as a call of its caller. Otherwise a batch would be a
// way around the limit.
func (g itemGuard) Allows(ctx context.Context, action access.Action, name string) bool {
	if caller := access.CallerFrom(ctx); g.Rate != nil && caller != nil {
		g.Rate.Charge(azfunc.CallerID(caller), 1)
	}
	return g.Access.Allows(ctx, action, name)
}

// Keeps reports whether somebody reads what is decided about items.
func (g itemGuard) Keeps() bool { return g.Audit != nil || g.SignIn != nil }

// Keep is Access.Keep, with a line of the log for each decision.
func (g itemGuard) Keep(ctx context.Context, decisions ...access.Decision) error {
	for _, d := range decisions {
		g.Log.LogAttrs(ctx, slog.LevelInfo, "item", slog.String("caller", d.Caller), slog.String("secret", d.Secret), slog.String("version", d.Version),
			slog.Bool("allowed", d.Allowed), slog.Int("status", d.Status), slog.String("request", d.Request))
	}
	return g.Access.Keep(ctx, decisions...)
}
