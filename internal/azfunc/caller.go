package azfunc

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"rotunda/internal/access"
	"rotunda/internal/fair"
	"rotunda/internal/secret"
)

// Entry is implemented by the router's ResponseWriter. By it, the check of a request says who
// called, and what must be done before the response.
type Entry interface {
	// NoteCaller says who called, for the log and for the vault's queue.
	NoteCaller(caller *access.Caller)
	// NoteKeys says that the function key, which the host has checked, identifies the caller.
	NoteKeys(keys *access.Fingerprints)
	// NoteItems says that the request is not about the secret that its path seems to name, but about
	// several, which the log shows one by one.
	NoteItems()
	// BeforeResponse says what to do before the response's first byte, once its status is known. If
	// that returns an error, the response is the error instead.
	BeforeResponse(do func(status int) error)
	// RequestID and TraceID return the ids by which the log names the request. The trace's is "" if
	// there is none.
	RequestID() string
	TraceID() string
}

// NoteCaller implements Entry.
func (a *answer) NoteCaller(caller *access.Caller) { a.caller = caller }

// NoteKeys implements Entry.
func (a *answer) NoteKeys(keys *access.Fingerprints) { a.keys = keys }

// NoteItems implements Entry.
func (a *answer) NoteItems() { a.items = true }

// BeforeResponse implements Entry.
func (a *answer) BeforeResponse(do func(status int) error) { a.before = do }

// RequestID implements Entry.
func (a *answer) RequestID() string { return a.id[0] }

// TraceID implements Entry.
func (a *answer) TraceID() string {
	if a.span == nil {
		return ""
	}
	return a.span.SpanContext().TraceID().String()
}

// callerName returns the caller's name for the log, or "" if nobody has checked who called.
func (a *answer) callerName(r *http.Request) string {
	caller := a.caller
	if caller == nil && a.keys != nil {
		caller = a.keys.CallerBy(FunctionKey(r))
	}
	if caller == nil {
		return ""
	}
	return caller.String()
}

// CallerContext returns the request's context, with its caller in it. Only calls to the vault need
// the caller, so a response from the cache is spared the cost. w is the router's.
func CallerContext(w http.ResponseWriter, r *http.Request) context.Context {
	if secret.CallerFrom(r.Context()) != 0 {
		return r.Context()
	}
	caller := secret.CallerOf(credentialOf(r))
	if a, ok := w.(*answer); ok && a.caller != nil {
		caller = CallerID(a.caller)
	}
	if caller == 0 {
		return r.Context()
	}
	return secret.WithCaller(r.Context(), caller)
}

// share returns the share of the request's caller in what all callers use.
func (a *answer) share() fair.Share { return fair.ShareOf(CallerContext(a, a.request), "") }

// CallerID tells callers apart by who they are, whatever token they sent.
func CallerID(caller *access.Caller) secret.Caller {
	return secret.CallerOf(caller.Tenant + " " + caller.String())
}

// credentialOf returns the function key or, without one, the header Authorization.
func credentialOf(r *http.Request) string {
	if key := FunctionKey(r); key != "" {
		return key
	}
	return r.Header.Get("Authorization")
}

// FunctionKey returns the function key by which the host let a request in: the first of the
// header, or else of the query, whose names ignore case
// (WebJobs.Script.WebHost/Security/Authentication/Keys/AuthenticationLevelHandler.cs).
func FunctionKey(r *http.Request) string {
	if keys := r.Header["X-Functions-Key"]; len(keys) > 0 {
		return keys[0]
	}
	for pair := range strings.SplitSeq(r.URL.RawQuery, "&") {
		name, value, _ := strings.Cut(pair, "=")
		if strings.EqualFold(unescaped(name), "code") {
			return unescaped(value)
		}
	}
	return ""
}

// unescaped decodes a part of a query, so that all spellings of a key are one.
func unescaped(text string) string {
	plain, err := url.QueryUnescape(text)
	if err != nil {
		return text
	}
	return plain
}
