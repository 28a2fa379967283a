// Package identity signs the app in as its managed identity, and explains what to do when that
// fails.
package identity

import (
	"fmt"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
)

// tokenRetry replaces azidentity's default, which makes a caller wait for nine seconds while the
// identity endpoint is down.
var tokenRetry = policy.RetryOptions{MaxRetries: 2, RetryDelay: 200 * time.Millisecond, MaxRetryDelay: time.Second}

// New returns the app's credential. It requests no token yet.
func New(in cloud.Configuration) (azcore.TokenCredential, error) {
	credential, err := azidentity.NewDefaultAzureCredential(&azidentity.DefaultAzureCredentialOptions{
		ClientOptions: policy.ClientOptions{Cloud: in, Retry: tokenRetry},
	})
	if err != nil {
		return nil, fmt.Errorf("credential: %w", err)
	}
	return credential, nil
}

// Describe returns who the app is, in words. clientID is "" for the system-assigned identity.
func Describe(clientID string) string {
	if clientID != "" {
		return "the user-assigned managed identity with client id " + clientID
	}
	return "the function app's system-assigned managed identity"
}
