// Package vault is the only package that calls Key Vault. It wraps azsecrets, and returns the
// types and errors of package secret.
package vault

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azsecrets"

	"rotunda/internal/gate"
	"rotunda/internal/identity"
	"rotunda/internal/secret"
)

// Vault calls one Key Vault as the app's identity. Its errors are *secret.Problem,
// *secret.Refusal or an error of the context.
type Vault struct {
	client     *azsecrets.Client
	base       *url.URL
	credential *identity.Credential
	identity   string
	sealer     sealer
}

// Options configure New. Identity describes the app's identity, for the remedy in a 403. A nil
// Gate sets no limits.
type Options struct {
	URL        string
	Credential azcore.TokenCredential
	Transport  *http.Client
	Identity   string
	Gate       *gate.Gate
}

const (
	// callTimeout bounds one call to the vault, including its retries.
	callTimeout = 30 * time.Second
	// tryTimeout bounds each try of a call.
	tryTimeout = 10 * time.Second
)

// New returns a client. It does not call the vault.
func New(options Options) (*Vault, error) {
	base, err := url.Parse(options.URL)
	if err != nil {
		return nil, err
	}
	clientOptions := &azsecrets.ClientOptions{ClientOptions: policy.ClientOptions{
		Transport: options.Transport,
		Telemetry: policy.TelemetryOptions{ApplicationID: "rotunda"},
		Retry: policy.RetryOptions{
			MaxRetries:    2,
			TryTimeout:    tryTimeout,
			RetryDelay:    200 * time.Millisecond,
			MaxRetryDelay: 2 * time.Second,
			// 429 is missing on purpose: the caller gets it, with its Retry-After.
			StatusCodes: []int{
				http.StatusRequestTimeout, http.StatusInternalServerError, http.StatusBadGateway,
				http.StatusServiceUnavailable, http.StatusGatewayTimeout,
			},
		},
	}}
	clientOptions.PerCallPolicies = []policy.Policy{marked{}}
	if options.Gate != nil {
		clientOptions.PerCallPolicies = append(clientOptions.PerCallPolicies, gated{options.Gate})
	}
	credential := &identity.Credential{TokenCredential: options.Credential}
	client, err := azsecrets.NewClient(options.URL, credential, clientOptions)
	if err != nil {
		return nil, err
	}
	sealer, err := newSealer()
	if err != nil {
		return nil, err
	}
	return &Vault{client: client, base: base, credential: credential, identity: options.Identity, sealer: sealer}, nil
}

// LacksToken reports whether the latest request for a token of the app's identity has failed. It
// calls nobody.
func (v *Vault) LacksToken() bool { return v.credential.Failing() }

// Get reads a version, or the latest if version is "".
func (v *Vault) Get(ctx context.Context, name, version string) (secret.Secret, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	answer, err := v.client.GetSecret(ctx, name, version, nil)
	return v.readable(call{name: name, version: version}, answer.Secret, err)
}

// readable returns the answer to a get, which has a value if Key Vault gave it.
func (v *Vault) readable(c call, answer azsecrets.Secret, err error) (secret.Secret, error) {
	found, err := v.understood(c, revealed(answer), err)
	if err == nil && !found.Value.IsSet() {
		return secret.Secret{}, notKeyVault(http.StatusOK)
	}
	return found, err
}

// Set creates a new version, which becomes the latest at once. A retry after a lost answer
// creates a second, equal version.
func (v *Vault) Set(ctx context.Context, name string, draft secret.Draft) (secret.Secret, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	value := draft.Value.Reveal()
	answer, err := v.client.SetSecret(ctx, name, azsecrets.SetSecretParameters{
		Value: &value, ContentType: draft.ContentType, Tags: toTags(draft.Tags), SecretAttributes: draftAttributes(draft),
	}, nil)
	return v.understood(call{name: name, writes: true, sent: draft.Value}, revealed(answer.Secret), err)
}

// Update changes the attributes, tags and content type of a version, or of the latest if version
// is "". Fields that the draft leaves out stay as they are. Tags are replaced as a whole.
func (v *Vault) Update(ctx context.Context, name, version string, draft secret.Draft) (secret.Secret, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	answer, err := v.client.UpdateSecretProperties(ctx, name, version, azsecrets.UpdateSecretPropertiesParameters{
		ContentType: draft.ContentType, Tags: toTags(draft.Tags), SecretAttributes: draftAttributes(draft),
	}, nil)
	return v.understood(call{name: name, version: version, writes: true}, described(answer.Secret), err)
}

// Backup returns all versions as an encrypted blob that only Key Vault can read.
func (v *Vault) Backup(ctx context.Context, name string) (secret.Value, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	answer, err := v.client.BackupSecret(ctx, name, nil)
	switch {
	case err != nil:
		return secret.Value{}, v.explain(err, call{})
	case len(answer.Value) == 0:
		return secret.Value{}, notKeyVault(http.StatusOK)
	}
	return blobValue(answer.Value), nil
}

// Restore restores a backup, with its version ids.
func (v *Vault) Restore(ctx context.Context, blob secret.Value) (secret.Secret, error) {
	bytes, err := blobBytes(blob)
	if err != nil {
		return secret.Secret{}, err
	}
	ctx, cancel := v.withoutRetries(ctx)
	defer cancel()
	answer, err := v.client.RestoreSecret(ctx, azsecrets.RestoreSecretParameters{SecretBackup: bytes}, nil)
	return v.understood(call{writes: true, sent: blob}, described(answer.Secret), err)
}

// withoutRetries returns the context of a call that is tried once, because a retry after a lost
// answer would get a different answer than the first try.
func (v *Vault) withoutRetries(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(policy.WithRetryOptions(ctx, policy.RetryOptions{MaxRetries: -1}), callTimeout)
}
