package vault

import (
	"context"
	"errors"
	"net/http"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"rotunda/internal/gate"
	"rotunda/internal/identity"
)

// unanswered is an error for which no whole response of the vault arrived. An error without it,
// and without a status, is about a response that azsecrets could not decode.
type unanswered struct{ error }

func (u unanswered) Unwrap() error { return u.error }

// marked marks the errors of calls that were not answered. It comes before all other policies.
type marked struct{}

// Do implements policy.Policy.
func (marked) Do(req *policy.Request) (*http.Response, error) {
	response, err := req.Next()
	if err != nil {
		return response, unanswered{err}
	}
	return response, nil
}

// gated sends every call through the gate. A call counts once, however often azcore retries it.
type gated struct{ gate *gate.Gate }

// Do implements policy.Policy.
func (g gated) Do(req *policy.Request) (response *http.Response, err error) {
	ctx := req.Raw().Context()
	refused := g.gate.Do(ctx, req.Raw().URL.Path, func() gate.Outcome {
		response, err = req.Next() //nolint:bodyclose // the caller closes it
		return outcome(ctx, response, err)
	})
	if refused != nil {
		return nil, refused
	}
	return response, err
}

// outcome returns what a call says about the vault.
func outcome(ctx context.Context, response *http.Response, err error) gate.Outcome {
	_, noToken := errors.AsType[*identity.NoTokenError](err)
	switch {
	case errors.Is(ctx.Err(), context.Canceled), noToken:
		return gate.Abandoned
	case err != nil, response.StatusCode >= http.StatusInternalServerError:
		return gate.Away
	case response.StatusCode == http.StatusTooManyRequests:
		return gate.Throttled
	}
	return gate.Answered
}
