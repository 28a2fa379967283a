// Package vault is the only door to Key Vault: azsecrets in, our words out.
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
	"rotunda/internal/secret"
)

// Vault speaks to one Key Vault as the app's identity. Its errors are *secret.Problem,
// *secret.Refusal or a context's.
type Vault struct {
	client   *azsecrets.Client
	base     *url.URL
	identity string
}

// Options of New. Identity says in words who the app is, for the remedy in a 403. A nil Gate bounds
// nothing.
type Options struct {
	URL        string
	Credential azcore.TokenCredential
	Transport  *http.Client
	Identity   string
	Gate       *gate.Gate
}

const (
	// callTimeout bounds one call to the vault, its repeats included.
	callTimeout = 30 * time.Second
	// tryTimeout bounds one try of it.
	tryTimeout = 10 * time.Second
)

// New makes a client. It does not call the vault.
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
			// 429 is missing on purpose: the caller is told, with its Retry-After.
			StatusCodes: []int{
				http.StatusRequestTimeout, http.StatusInternalServerError, http.StatusBadGateway,
				http.StatusServiceUnavailable, http.StatusGatewayTimeout,
			},
		},
	}}
	if options.Gate != nil {
		clientOptions.PerCallPolicies = []policy.Policy{gated{options.Gate}}
	}
	client, err := azsecrets.NewClient(options.URL, credential{options.Credential}, clientOptions)
	if err != nil {
		return nil, err
	}
	return &Vault{client: client, base: base, identity: options.Identity}, nil
}

// Get reads a version, or the latest when version is "".
func (v *Vault) Get(ctx context.Context, name, version string) (secret.Secret, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	answer, err := v.client.GetSecret(ctx, name, version, nil)
	return fromSecret(answer.Secret), v.explain(err, secret.Value{})
}

// Set makes a new version, which is the latest at once. A repeat after a lost answer makes a
// second, equal version.
func (v *Vault) Set(ctx context.Context, name string, draft secret.Draft) (secret.Secret, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	value := draft.Value.Reveal()
	answer, err := v.client.SetSecret(ctx, name, azsecrets.SetSecretParameters{
		Value: &value, ContentType: draft.ContentType, Tags: pointers(draft.Tags), SecretAttributes: draftAttributes(draft),
	}, nil)
	return fromSecret(answer.Secret), v.explain(err, draft.Value)
}

// Update changes attributes, tags and content type of a version, or of the latest when version is
// "". What the draft does not give stays; tags are replaced as a whole.
func (v *Vault) Update(ctx context.Context, name, version string, draft secret.Draft) (secret.Secret, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	answer, err := v.client.UpdateSecretProperties(ctx, name, version, azsecrets.UpdateSecretPropertiesParameters{
		ContentType: draft.ContentType, Tags: pointers(draft.Tags), SecretAttributes: draftAttributes(draft),
	}, nil)
	return fromSecret(answer.Secret), v.explain(err, secret.Value{})
}

// Backup gives all versions as an encrypted blob that only Key Vault can read.
func (v *Vault) Backup(ctx context.Context, name string) (secret.Value, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	answer, err := v.client.BackupSecret(ctx, name, nil)
	if err != nil {
		return secret.Value{}, v.explain(err, secret.Value{})
	}
	return blobValue(answer.Value), nil
}

// Restore brings back a backup, with its version ids.
func (v *Vault) Restore(ctx context.Context, blob secret.Value) (secret.Secret, error) {
	bytes, err := blobBytes(blob)
	if err != nil {
		return secret.Secret{}, err
	}
	ctx, cancel := v.once(ctx)
	defer cancel()
	answer, err := v.client.RestoreSecret(ctx, azsecrets.RestoreSecretParameters{SecretBackup: bytes}, nil)
	return fromSecret(answer.Secret), v.explain(err, blob)
}

// once is for calls whose repeat after a lost answer would get another answer than the first one
// did: they are tried a single time.
func (v *Vault) once(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(policy.WithRetryOptions(ctx, policy.RetryOptions{MaxRetries: -1}), callTimeout)
}
