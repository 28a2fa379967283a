package functions

import (
	"context"
	"log/slog"
	"net/http"

	"rotunda/internal/access"
	"rotunda/internal/apierror"
	"rotunda/internal/azfunc"
	"rotunda/internal/secret"
)

// Access decides who may call what.
type Access struct {
	// SignIn finds out who calls. Nil means that the Functions host checks keys, and that a key may
	// do all that the functions do which it opens.
	SignIn SignIner
	// Rules say what callers may do, if SignIn is not nil.
	Rules Rules
	// Keys name callers by their function keys, if SignIn is nil.
	Keys *access.Fingerprints
	// Rate limits each caller. Nil sets no limit.
	Rate Limiter
	// Audit keeps what is decided. Nil keeps nothing. AuditWritesOnly says that it leaves out reads
	// that are allowed.
	Audit           Auditor
	AuditWritesOnly bool
	// Log receives what is decided about the items of a batch.
	Log *slog.Logger
}

// guarded is a function behind the check of its caller.
type guarded struct {
	*Access
	need need
	next http.Handler
}

var _ azfunc.Guard = guarded{}

func (a *Access) guarded(n need, next http.Handler) http.Handler {
	g := guarded{a, n, next}
	if named, ok := next.(azfunc.Named); ok {
		return &guardedNamed{g, named}
	}
	return g
}

// Around implements azfunc.Guard.
func (g guarded) Around(next http.Handler) http.Handler {
	return guarded{g.Access, g.need, next}
}

func (g guarded) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	call, err := g.admit(w, r, g.need.name(r))
	if err != nil {
		apierror.Write(w, err)
		return
	}
	g.next.ServeHTTP(w, r.WithContext(g.context(r.Context(), call)))
}

// context returns the context of what a call causes.
func (g guarded) context(ctx context.Context, call *access.Call) context.Context {
	ctx = access.WithCall(ctx, call)
	if g.SignIn == nil {
		return ctx // which has the key for the vault's queue
	}
	ctx = secret.WithCaller(ctx, azfunc.CallerID(call.Caller))
	if g.need.on == selected && !g.Rules.AllowsEvery(call.Caller, g.need.action) {
		ctx = access.WithSelection(ctx, func(name string) bool { return g.Rules.Allows(call.Caller, g.need.action, name) })
	}
	return ctx
}

// admit checks a request, in this order: who sends it, whether the caller may call now, whether
// the audit works, and whether the caller may do this. It reads no body.
func (g guarded) admit(w http.ResponseWriter, r *http.Request, name string) (*access.Call, error) {
	caller, err := g.identify(w, r)
	if err != nil {
		return nil, err
	}
	call := newCall(w, r, caller)
	if err := g.beginAudit(w, r, call); err != nil {
		return nil, err
	}
	return call, g.decide(call, r, name)
}

// guardedNamed is a guarded function of the router's fast path.
type guardedNamed struct {
	guarded
	named azfunc.Named
}

func (g *guardedNamed) ServeNamed(w http.ResponseWriter, r *http.Request, name string) {
	if err := g.admitNamed(w, r, name); err != nil {
		apierror.Write(w, err)
		return
	}
	g.named.ServeNamed(w, r, name)
}

// admitNamed is admit without what nobody would read, because it runs for most requests.
func (g *guardedNamed) admitNamed(w http.ResponseWriter, r *http.Request, name string) error {
	if g.Audit != nil {
		_, err := g.admit(w, r, name)
		return err
	}
	if g.SignIn == nil && g.Rate == nil {
		g.noteKeys(w)
		return nil
	}
	caller, err := g.identify(w, r)
	if err != nil || g.may(caller, g.need.action, name) {
		return err
	}
	return refusal(caller, g.need.action, name)
}
