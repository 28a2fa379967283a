package vault

import (
	"context"
	"errors"
	"net/http"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"rotunda/internal/gate"
	"rotunda/internal/identity"
)

// gated sends every call through the gate. A call counts once, however often azcore retries it.
type gated struct{ gate *gate.Gate }

// Do implements policy.Policy.
func (g gated) Do(req *policy.Request) (response *http.Response, err error) {
	ctx := req.Raw().Context()
	refused := g.gate.Do(ctx, func() gate.Outcome {
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
