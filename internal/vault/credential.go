package vault

import (
	"context"
	"errors"
	"fmt"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"

	"rotunda/internal/secret"
)

// credential marks failures to get a token, so that they are told apart from the vault's and not
// tried again: azidentity has its own repeats.
type credential struct{ azcore.TokenCredential }

func (c credential) GetToken(ctx context.Context, options policy.TokenRequestOptions) (azcore.AccessToken, error) {
	token, err := c.TokenCredential.GetToken(ctx, options)
	if err == nil || errors.Is(err, context.Canceled) {
		return token, err
	}
	return token, noToken{secret.Problemf(secret.ErrIdentityUnavailable,
		"The app got no token for its managed identity. Remedy: turn on the function app's system-assigned identity, "+
			"or set AZURE_CLIENT_ID to a user-assigned one that the app has; locally, sign in with the Azure CLI.").
		Because(cause(err))}
}

// cause keeps an error's type and the endpoint's status: azidentity quotes the endpoint's whole
// answer in its errors, and that may hold a token.
func cause(err error) error {
	if failed, ok := errors.AsType[*azidentity.AuthenticationFailedError](err); ok && failed.RawResponse != nil {
		return fmt.Errorf("get token: %T, the identity endpoint answered %d", err, failed.RawResponse.StatusCode)
	}
	return fmt.Errorf("get token: %T", err)
}

// noToken is not worth a retry of the whole request.
type noToken struct{ *secret.Problem }

// NonRetriable is azcore's mark (sdk/internal/errorinfo).
func (noToken) NonRetriable() {}

// Unwrap gives the problem itself.
func (n noToken) Unwrap() error { return n.Problem }
