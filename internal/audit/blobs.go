package audit

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/streaming"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/appendblob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/bloberror"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"

	"rotunda/internal/identity"
)

// Blobs is a store of append blobs, in a container of a storage account. The identity needs the
// data actions blobs/add/action and blobs/read there, and containers/write if it has to create
// the container.
type Blobs struct{ container *container.Client }

// BlobOptions configure OpenBlobs. Container is "rotunda-audit" if "".
type BlobOptions struct {
	ServiceURL string // https://<account>.blob.core.windows.net
	Container  string
	Credential azcore.TokenCredential
	Transport  *http.Client // nil: the SDK's own
}

// An append blob has at most 50,000 blocks, of 4 MiB each in every version of the service
// (https://learn.microsoft.com/rest/api/storageservices/append-block).
const maxBlocks = 50_000

// OpenBlobs returns a Blobs. It does not call the storage account.
func OpenBlobs(options BlobOptions) (*Blobs, error) {
	base, err := url.Parse(options.ServiceURL)
	if err != nil || base.Scheme != "https" || base.Host == "" {
		return nil, errors.New("the URL of the storage account must have the form https://<account>.blob.core.windows.net")
	}
	if options.Credential == nil {
		return nil, errors.New("the audit's storage account needs a credential")
	}
	if options.Container == "" {
		options.Container = "rotunda-audit"
	}
	client, err := container.NewClient(base.JoinPath(options.Container).String(), identity.Credential{TokenCredential: options.Credential}, clientOptions(options.Transport))
	if err != nil {
		return nil, errors.New("the client of the audit's storage account can't be created")
	}
	return &Blobs{client}, nil
}

// clientOptions have a try and its retry fit into the time of an append.
func clientOptions(transport *http.Client) *container.ClientOptions {
	options := policy.ClientOptions{
		Telemetry: policy.TelemetryOptions{ApplicationID: "rotunda"},
		Retry:     policy.RetryOptions{MaxRetries: 2, TryTimeout: 4 * time.Second, RetryDelay: 200 * time.Millisecond, MaxRetryDelay: time.Second},
	}
	if transport != nil {
		options.Transport = transport
	}
	return &container.ClientOptions{ClientOptions: options}
}

// Create creates an append blob, and the container if there is none.
func (b *Blobs) Create(ctx context.Context, name string) (File, error) {
	client := b.container.NewAppendBlobClient(name)
	err := create(ctx, client)
	if bloberror.HasCode(err, bloberror.ContainerNotFound) {
		_, err = b.container.Create(ctx, nil)
		if err == nil || bloberror.HasCode(err, bloberror.ContainerAlreadyExists) {
			err = create(ctx, client)
		}
	}
	if bloberror.HasCode(err, bloberror.BlobAlreadyExists) {
		err = unlessEmpty(ctx, client, err)
	}
	if err != nil {
		return nil, explain(err)
	}
	return &blobFile{client: client}, nil
}

// unlessEmpty returns nil if the blob that exists already is empty: then the answer to an earlier
// try was lost. Nobody else uses the name.
func unlessEmpty(ctx context.Context, client *appendblob.Client, exists error) error {
	properties, err := client.GetProperties(ctx, nil)
	if err != nil {
		return err
	}
	if *properties.BlobType != blob.BlobTypeAppendBlob || *properties.ContentLength > 0 {
		return exists
	}
	return nil
}

// create never replaces a blob.
func create(ctx context.Context, client *appendblob.Client) error {
	absent := &blob.AccessConditions{ModifiedAccessConditions: &blob.ModifiedAccessConditions{IfNoneMatch: new(azcore.ETagAny)}}
	_, err := client.Create(ctx, &appendblob.CreateOptions{AccessConditions: absent})
	return err
}

type blobFile struct {
	client *appendblob.Client
	size   int64
	blocks int
}

// Append appends a block at the place where it must be, so that a try whose answer was lost is not
// done twice.
func (f *blobFile) Append(ctx context.Context, lines []byte) error {
	at := &appendblob.AppendPositionAccessConditions{AppendPosition: new(f.size)}
	body := streaming.NopCloser(bytes.NewReader(lines))
	_, err := f.client.AppendBlock(ctx, body, &appendblob.AppendBlockOptions{AppendPositionAccessConditions: at})
	if bloberror.HasCode(err, bloberror.AppendPositionConditionNotMet) {
		err = f.confirm(ctx, lines, err)
	}
	if err != nil {
		return explain(err)
	}
	f.size += int64(len(lines))
	f.blocks++
	return nil
}

// confirm returns nil if the blob ends with exactly these lines: then an earlier try did arrive.
func (f *blobFile) confirm(ctx context.Context, lines []byte, refused error) error {
	answer, err := f.client.DownloadStream(ctx, &blob.DownloadStreamOptions{Range: blob.HTTPRange{Offset: f.size}})
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	there, err := io.ReadAll(io.LimitReader(answer.Body, int64(len(lines))+1))
	if err != nil {
		return err
	}
	if !bytes.Equal(there, lines) {
		return refused
	}
	return nil
}

func (f *blobFile) Full() bool   { return f.blocks >= maxBlocks-1 }
func (f *blobFile) Close() error { return nil }

// List returns the names of the files in order.
func (b *Blobs) List(ctx context.Context) ([]string, error) {
	var names []string
	for pages := b.container.NewListBlobsFlatPager(nil); pages.More(); {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, explain(err)
		}
		for _, item := range page.Segment.BlobItems {
			if strings.HasSuffix(*item.Name, suffix) {
				names = append(names, *item.Name)
			}
		}
	}
	return names, nil
}

// Tail returns the last bytes of a file.
func (b *Blobs) Tail(ctx context.Context, name string, size int64) ([]byte, error) {
	client := b.container.NewAppendBlobClient(name)
	properties, err := client.GetProperties(ctx, nil)
	if err != nil {
		return nil, explain(err)
	}
	length := *properties.ContentLength
	if length == 0 {
		return nil, nil // no range of an empty blob is valid
	}
	tail := make([]byte, min(size, length))
	if _, err := client.DownloadBuffer(ctx, tail, &blob.DownloadBufferOptions{Range: blob.HTTPRange{Offset: length - int64(len(tail))}}); err != nil {
		return nil, explain(err)
	}
	return tail, nil
}

// Read opens a file to read it.
func (b *Blobs) Read(ctx context.Context, name string) (io.ReadCloser, error) {
	answer, err := b.container.NewAppendBlobClient(name).DownloadStream(ctx, nil)
	if err != nil {
		return nil, explain(err)
	}
	return answer.NewRetryReader(ctx, nil), nil
}
