// Package apierror turns an error into a status and Key Vault's error JSON. It holds the only
// table of errors.
package apierror

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"net/http"

	"rotunda/internal/secret"
)

// Handler is an http.Handler that returns its error. It must not write anything before it does.
type Handler func(http.ResponseWriter, *http.Request) error

func (h Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if err := h(w, r); err != nil {
		Write(w, err)
	}
}

// Answer is an error as the caller sees it.
type Answer struct {
	Status     int
	Code       string
	InnerCode  string
	Message    string
	RetryAfter string
}

// Challenger is an error that tells a client how to sign in (RFC 9110, 11.6.1).
type Challenger interface {
	error
	Challenge() string // the value of WWW-Authenticate
}

// Noter is a ResponseWriter that keeps the error for the request's log line.
type Noter interface{ NoteError(err error) }

// Write responds with err. If w is a Noter, it also passes err to it for the log line.
func Write(w http.ResponseWriter, err error) {
	if noter, ok := w.(Noter); ok {
		noter.NoteError(err)
	}
	answer := For(err)
	body, marshalErr := json.Marshal(answer)
	if marshalErr != nil {
		http.Error(w, "", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("x-ms-error-code", answer.Code)
	if answer.RetryAfter != "" {
		w.Header().Set("Retry-After", answer.RetryAfter)
	}
	// With 503 the token may be good: see signin.Error.
	if challenger, ok := errors.AsType[Challenger](err); ok && answer.Status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", challenger.Challenge())
	}
	w.WriteHeader(answer.Status)
	_, _ = w.Write(body)
}

// For returns the answer to err. The answer to an error that is neither a Problem nor a Refusal
// does not reveal what it says.
func For(err error) Answer {
	if refusal, ok := errors.AsType[*secret.Refusal](err); ok {
		return forRefusal(refusal)
	}
	if problem, ok := errors.AsType[*secret.Problem](err); ok {
		for _, row := range table {
			if errors.Is(problem.Kind, row.kind) {
				return Answer{row.status, row.code, row.innerCode, problem.Message, cmp.Or(problem.RetryAfter, row.retryAfter)}
			}
		}
	}
	if errors.Is(err, context.Canceled) {
		return Answer{Status: statusClientGone, Code: "ClientClosedRequest", Message: "The caller closed the connection before the response."}
	}
	return Answer{Status: http.StatusInternalServerError, Code: internalCode, Message: internalMessage}
}

func forRefusal(r *secret.Refusal) Answer {
	answer := Answer{r.Status, r.Code, r.InnerCode, r.Message, r.RetryAfter}
	switch {
	case r.Status == http.StatusTooManyRequests:
		answer.RetryAfter = cmp.Or(r.RetryAfter, throttledRetryAfter)
	case isAway(r.Status):
		answer.RetryAfter = cmp.Or(r.RetryAfter, awayRetryAfter)
	}
	if remedy, ok := remedies[r.InnerCode]; ok {
		answer.Message += " " + remedy(r.Identity)
	}
	return answer
}

// isAway reports whether a status says that the vault can't answer at the moment.
func isAway(status int) bool {
	return status >= http.StatusBadGateway && status <= http.StatusGatewayTimeout
}

// MarshalJSON encodes a in Key Vault's format: {"error":{"code","message","innererror":{"code"}}}.
func (a Answer) MarshalJSON() ([]byte, error) {
	return json.Marshal(map[string]Shape{"error": a.Shape()})
}

// Shape is the content of "error" in Key Vault's format.
type Shape struct {
	Code    string     `json:"code"`
	Message string     `json:"message"`
	Inner   *InnerCode `json:"innererror,omitempty"`
}

// InnerCode is the content of "innererror" in Key Vault's format.
type InnerCode struct {
	Code string `json:"code"`
}

// Shape returns the content of "error".
func (a Answer) Shape() Shape {
	shape := Shape{Code: a.Code, Message: a.Message}
	if a.InnerCode != "" {
		shape.Inner = &InnerCode{a.InnerCode}
	}
	return shape
}
