// Package apierror turns a failure into a status and Key Vault's error JSON. It holds the only
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

// Handler is an http.Handler that may fail. It must not have written anything when it does.
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

// Noter is a ResponseWriter that keeps the failure for the request's log line.
type Noter interface{ NoteError(err error) }

// Write answers with err, and leaves it for the log line where w is a Noter.
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
	w.WriteHeader(answer.Status)
	_, _ = w.Write(body)
}

// For is the answer to err. What is neither a Problem nor a Refusal says nothing of itself.
func For(err error) Answer {
	if refusal, ok := errors.AsType[*secret.Refusal](err); ok {
		return forRefusal(refusal)
	}
	if problem, ok := errors.AsType[*secret.Problem](err); ok {
		for _, row := range table {
			if errors.Is(problem.Kind, row.kind) {
				return Answer{row.status, row.code, "", problem.Message, cmp.Or(problem.RetryAfter, row.retryAfter)}
			}
		}
	}
	if errors.Is(err, context.Canceled) {
		return Answer{Status: statusClientGone, Code: "ClientClosedRequest", Message: "The caller went away before the answer."}
	}
	return Answer{Status: http.StatusInternalServerError, Code: "InternalError", Message: internalMessage}
}

func forRefusal(r *secret.Refusal) Answer {
	answer := Answer{r.Status, r.Code, r.InnerCode, r.Message, r.RetryAfter}
	if r.Status == http.StatusTooManyRequests {
		answer.RetryAfter = cmp.Or(r.RetryAfter, throttledRetryAfter)
	}
	if remedy, ok := remedies[r.InnerCode]; ok {
		answer.Message += " " + remedy(r.Identity)
	}
	return answer
}

// MarshalJSON gives Key Vault's shape: {"error":{"code","message","innererror":{"code"}}}.
func (a Answer) MarshalJSON() ([]byte, error) {
	return json.Marshal(map[string]Shape{"error": a.Shape()})
}

// Shape is what Key Vault has under "error".
type Shape struct {
	Code    string     `json:"code"`
	Message string     `json:"message"`
	Inner   *InnerCode `json:"innererror,omitempty"`
}

// InnerCode is what Key Vault has under "innererror".
type InnerCode struct {
	Code string `json:"code"`
}

// Shape gives the answer's body.
func (a Answer) Shape() Shape {
	shape := Shape{Code: a.Code, Message: a.Message}
	if a.InnerCode != "" {
		shape.Inner = &InnerCode{a.InnerCode}
	}
	return shape
}
