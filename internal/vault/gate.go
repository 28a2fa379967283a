package vault

import (
	"context"
	"errors"
	"net/http"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"rotunda/internal/gate"
	"rotunda/internal/secret"
)

// gated sends every call through the gate, before azcore's repeats: a call with its repeats is one.
type gated struct{ gate *gate.Gate }

func (g gated) Do(req *policy.Request) (response *http.Response, err error) {
	ctx := req.Raw().Context()
	refused := g.gate.Do(ctx, func() gate.Outcome {
		response, err = req.Next() //nolint:bodyclose // the caller's business
		return outcome(ctx, response, err)
	})
	if refused != nil {
		return nil, refused
	}
	return response, err
}

func outcome(ctx context.Context, response *http.Response, err error) gate.Outcome {
	switch {
	case errors.Is(ctx.Err(), context.Canceled), errors.Is(err, secret.ErrIdentityUnavailable):
		return gate.Abandoned
	case err != nil, response.StatusCode >= http.StatusInternalServerError:
		return gate.Away
	case response.StatusCode == http.StatusTooManyRequests:
		return gate.Throttled
	}
	return gate.Answered
}
