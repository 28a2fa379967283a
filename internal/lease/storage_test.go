package lease_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"rotunda/internal/lease"
)

const canary = "canary-token-0123456789"

// storage is a storage account in memory. It needs no network, so it can run in a synctest
// bubble, where its leases end by the bubble's clock.
type storage struct {
	mu        sync.Mutex
	container bool
	blobs     map[string]*leased
	calls     []string
	fault     fault // if not nil, is asked first
}

// fault answers in place of the account, unless it returns the status 0.
type fault func(*http.Request) (status int, code string, err error)

type leased struct {
	id   string
	ends time.Time
}

func (s *storage) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.WithContext(r.Context()) // a copy
	r.Header = canonical(r.Header)
	s.mu.Lock()
	what := r.Header.Get("x-ms-lease-action")
	if what == "" {
		what = "make " + r.URL.Path
	}
	s.calls = append(s.calls, what)
	fault := s.fault
	s.mu.Unlock()
	if fault == nil {
		fault = always(0, "")
	}
	status, code, err := fault(r)
	if err != nil {
		return nil, err
	}
	if status == 0 {
		status, code = s.serve(r)
	}
	return answer(r, status, code), nil
}

func (s *storage) serve(r *http.Request) (status int, code string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found := s.blobs[r.URL.Path]
	switch action := r.Header.Get("x-ms-lease-action"); {
	case r.URL.Query().Get("restype") == "container":
		s.container = true
		return 201, ""
	case !s.container:
		return 404, "ContainerNotFound"
	case action == "" && found != nil:
		return 409, "BlobAlreadyExists"
	case action == "":
		s.blobs[r.URL.Path] = &leased{}
		return 201, ""
	case found == nil:
		return 404, "BlobNotFound"
	default:
		return found.act(action, r.Header)
	}
}

// act implements Azure's table of lease operations, as far as the package uses it.
func (l *leased) act(action string, header http.Header) (status int, code string) {
	mine := l.id != "" && l.id == header.Get("x-ms-lease-id")
	switch {
	case action == "acquire" && l.id != "" && l.ends.After(time.Now()) && l.id != header.Get("x-ms-proposed-lease-id"):
		return 409, "LeaseAlreadyPresent"
	case action == "acquire":
		l.id, l.ends = header.Get("x-ms-proposed-lease-id"), time.Now().Add(time.Minute)
		return 201, ""
	case !mine:
		return 409, "LeaseIdMismatchWithLeaseOperation"
	case action == "renew":
		l.ends = time.Now().Add(time.Minute)
	case action == "release":
		l.id = ""
	}
	return 200, ""
}

// canonical changes the SDK's headers in the way that a transfer over HTTP does.
func canonical(sent http.Header) http.Header {
	header := http.Header{}
	for name, values := range sent {
		header[http.CanonicalHeaderKey(name)] = values
	}
	return header
}

// answer quotes the token wherever it can, because the SDK quotes answers.
func answer(r *http.Request, status int, code string) *http.Response {
	quote := r.Header.Get("Authorization")
	header := http.Header{"X-Ms-Quote": {quote}}
	if code != "" {
		header.Set("x-ms-error-code", code)
	}
	return &http.Response{StatusCode: status, Status: quote, Header: header, Body: io.NopCloser(strings.NewReader(quote)), Request: r}
}

func (s *storage) set(fault fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fault = fault
}

func (s *storage) called() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	called := s.calls
	s.calls = nil
	return called
}

// Faults on the way to the storage account.
func refused(*http.Request) (int, string, error) {
	return 0, "", errors.New("dial tcp: refused for " + canary)
}

func silent(r *http.Request) (int, string, error) {
	<-r.Context().Done()
	return 0, "", r.Context().Err()
}

func slow(*http.Request) (int, string, error) {
	<-time.After(3 * time.Second)
	return 0, "", nil
}

func always(status int, code string) fault {
	return func(*http.Request) (int, string, error) { return status, code, nil }
}

// token is a credential. Its error, if any, quotes a secret.
type token struct{ err error }

func (c token) GetToken(context.Context, policy.TokenRequestOptions) (azcore.AccessToken, error) {
	return azcore.AccessToken{Token: canary, ExpiresOn: time.Now().Add(24 * time.Hour)}, c.err
}

func empty() *storage { return &storage{blobs: map[string]*leased{}} }

// worker returns a client that competes with others for the locks of a storage account.
func worker(t *testing.T, account http.RoundTripper, credential token) *lease.Blob {
	t.Helper()
	blob, err := lease.NewBlob(lease.BlobOptions{
		ServiceURL: "https://contoso.blob.core.windows.net", Credential: credential, Transport: &http.Client{Transport: account}, Vault: "Contoso",
	})
	if err != nil {
		t.Fatal(err)
	}
	return blob
}
