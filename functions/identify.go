package functions

import (
	"errors"
	"net/http"

	"rotunda/internal/access"
	"rotunda/internal/apierror"
	"rotunda/internal/azfunc"
	"rotunda/internal/secret"
)

// SignIner returns the caller of a request. Its error may be a SignInError.
type SignIner interface {
	SignIn(r *http.Request) (*access.Caller, error)
}

// SignInError is why a caller was not signed in. Its text is for the log.
type SignInError interface {
	apierror.Challenger
	Message() string   // for the caller
	Unavailable() bool // the token may be good, but can't be checked now
}

// Limiter returns an error if a caller calls too often. Charge counts further calls, before which
// nobody was asked.
type Limiter interface {
	Check(caller secret.Caller) error
	Charge(caller secret.Caller, calls int)
}

// identify returns who sends a request, if it may call now, and notes it for the log.
func (a *Access) identify(w http.ResponseWriter, r *http.Request) (*access.Caller, error) {
	caller, err := a.signIn(w, r)
	if err == nil && a.Rate != nil {
		err = a.Rate.Check(azfunc.CallerID(caller))
	}
	return caller, err
}

func (a *Access) signIn(w http.ResponseWriter, r *http.Request) (*access.Caller, error) {
	if a.SignIn == nil {
		a.noteKeys(w)
		return a.keyHolder(r), nil
	}
	if !isSecure(r) {
		return nil, secret.Problemf(secret.ErrInsecure, "This app responds over https only. Do not send a token over http, where others can read it.")
	}
	caller, err := a.SignIn.SignIn(r)
	if err != nil {
		return nil, notSignedIn(err)
	}
	if entry, ok := w.(azfunc.Entry); ok {
		entry.NoteCaller(caller)
	}
	return caller, nil
}

// keyHolder returns the caller by its function key, which the host has checked.
func (a *Access) keyHolder(r *http.Request) *access.Caller {
	if a.Keys != nil {
		if caller := a.Keys.CallerBy(azfunc.FunctionKey(r)); caller != nil {
			return caller
		}
	}
	return &access.Caller{}
}

func (a *Access) noteKeys(w http.ResponseWriter) {
	if entry, ok := w.(azfunc.Entry); ok && a.Keys != nil {
		entry.NoteKeys(a.Keys)
	}
}

// notSignedIn returns the error for a caller whose token was refused. The reason is for the log.
func notSignedIn(err error) error {
	refused, ok := errors.AsType[SignInError](err)
	if !ok {
		return secret.Problemf(secret.ErrUnauthorized, "The token was not accepted.").Because(err)
	}
	kind := secret.ErrUnauthorized
	if refused.Unavailable() {
		kind = secret.ErrSignInUnavailable
	}
	return secret.Problemf(kind, "%s", refused.Message()).Because(refused)
}

// isSecure reports whether nobody could read a request on its way: it came over https, or from
// this machine. A host sets the headers to what it knows (azfunc.Entry is only reached by hosts
// that do), and where they are missing, nothing but this machine can connect to the handler.
func isSecure(r *http.Request) bool {
	if azfunc.LastOf(r.Header, "X-Forwarded-Proto") == "https" {
		return true
	}
	from, said := azfunc.CallerAddress(r)
	if !said {
		return len(r.Header["X-Forwarded-Proto"]) == 0
	}
	return from.IsLoopback()
}
