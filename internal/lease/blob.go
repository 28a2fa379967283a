package lease

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"

	"rotunda/internal/identity"
)

// Blob locks with a lease on an empty blob, rot/<vault>/<name>, as the app's identity. It needs
// the role Storage Blob Data Contributor on the container, or on the account if it has to create
// the container.
type Blob struct {
	container *container.Client
	vault     string
}

// BlobOptions configure NewBlob. Container is "rotunda" if "". Vault separates vaults that share
// a container.
type BlobOptions struct {
	ServiceURL string // https://<account>.blob.core.windows.net
	Container  string
	Credential azcore.TokenCredential
	Transport  *http.Client
	Vault      string
}

// NewBlob returns a Blob. It does not call the storage account.
func NewBlob(options BlobOptions) (*Blob, error) {
	base, err := url.Parse(options.ServiceURL)
	if err != nil || base.Scheme != "https" || base.Host == "" {
		return nil, errors.New("the URL of the storage account must have the form https://<account>.blob.core.windows.net")
	}
	if options.Credential == nil || options.Transport == nil || options.Vault == "" {
		return nil, errors.New("a blob lease needs a credential, a transport and the name of a vault")
	}
	if options.Container == "" {
		options.Container = "rotunda"
	}
	client, err := container.NewClient(base.JoinPath(options.Container).String(), &identity.Credential{TokenCredential: options.Credential}, clientOptions(options.Transport))
	if err != nil {
		return nil, errors.New("the client of the storage account can't be created")
	}
	return &Blob{container: client, vault: strings.ToLower(options.Vault)}, nil
}

const (
	// callTimeout bounds one call, including its retries: two calls fit between the time of a
	// renewal and the loss of the lock.
	callTimeout = 10 * time.Second
	tryTimeout  = 4 * time.Second
)

func clientOptions(transport *http.Client) *container.ClientOptions {
	return &container.ClientOptions{ClientOptions: policy.ClientOptions{
		Transport: transport,
		Telemetry: policy.TelemetryOptions{ApplicationID: "rotunda"},
		Retry:     policy.RetryOptions{MaxRetries: 1, TryTimeout: tryTimeout, RetryDelay: 200 * time.Millisecond, MaxRetryDelay: time.Second},
	}}
}

// Lock acquires the lock of a name, and keeps it until release.
func (b *Blob) Lock(ctx context.Context, name string) (held context.Context, release func(), err error) {
	name, err = key(name)
	if err != nil {
		return nil, nil, err
	}
	taken, sent, err := b.acquire(ctx, "rot/"+b.vault+"/"+name)
	if err != nil {
		return nil, nil, explain(ctx, err)
	}
	held, release = keep(ctx, taken, sent)
	return held, release, nil
}
