package identity

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
)

// Credential returns a *NoTokenError where the wrapped credential fails, so that callers can
// distinguish it from a failure of the service, and azcore does not retry: azidentity retries
// itself.
type Credential struct {
	azcore.TokenCredential
	failing atomic.Bool
}

// GetToken implements azcore.TokenCredential.
func (c *Credential) GetToken(ctx context.Context, options policy.TokenRequestOptions) (azcore.AccessToken, error) {
	token, err := c.TokenCredential.GetToken(ctx, options)
	if errors.Is(err, context.Canceled) {
		return token, err
	}
	c.failing.Store(err != nil)
	if err == nil {
		return token, nil
	}
	return token, &NoTokenError{reason: reason(err)}
}

// Failing reports whether the latest request for a token that ended has failed.
func (c *Credential) Failing() bool { return c.failing.Load() }

// NoTokenError reports that the app got no token for its identity. It quotes no answer.
type NoTokenError struct{ reason string }

// Remedy is what to do about a NoTokenError, for a message.
const Remedy = "Remedy: turn on the function app's system-assigned identity, " +
	"or set AZURE_CLIENT_ID to a user-assigned one that the app has; locally, sign in with the Azure CLI."

func (e *NoTokenError) Error() string { return "get token: " + e.reason }

// NonRetriable tells azcore not to retry the request (sdk/internal/errorinfo).
func (*NoTokenError) NonRetriable() {}

// reason returns the type of an error and the status of the identity endpoint. azidentity quotes
// the endpoint's whole answer, which may hold a token.
func reason(err error) string {
	if failed, ok := errors.AsType[*azidentity.AuthenticationFailedError](err); ok && failed.RawResponse != nil {
		return fmt.Sprintf("%T, the identity endpoint answered %d", err, failed.RawResponse.StatusCode)
	}
	return fmt.Sprintf("%T", err)
}
