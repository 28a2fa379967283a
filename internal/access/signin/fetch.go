package signin

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"time"
)

const (
	wellKnown    = "/.well-known/openid-configuration"
	maxAnswer    = 256 << 10        // bytes; Entra's keys are 20 KB
	fetchTimeout = 10 * time.Second // for a discovery document and the keys together
)

// fetcher fetches documents of issuers. It follows no redirect, so that an issuer can't send the
// app to another server, and reads a bounded number of bytes.
type fetcher struct{ client *http.Client }

func newFetcher(client *http.Client) *fetcher {
	if client == nil {
		client = &http.Client{Transport: transport()}
	}
	own := *client
	own.Jar = nil
	own.CheckRedirect = func(*http.Request, []*http.Request) error { return errRedirect }
	return &fetcher{&own}
}

var errRedirect = errors.New("it redirects, which is not followed")

func transport() http.RoundTripper {
	base, ok := http.DefaultTransport.(*http.Transport)
	if !ok {
		return http.DefaultTransport
	}
	own := base.Clone()
	own.MaxResponseHeaderBytes = 64 << 10
	own.MaxIdleConnsPerHost = 2
	return own
}

// get returns the body of a URL. It accepts https only.
func (f *fetcher) get(ctx context.Context, address string) ([]byte, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
	if err != nil || r.URL.Scheme != "https" {
		return nil, errors.New("its address is not an https URL")
	}
	r.Header.Set("Accept", "application/json")
	answer, err := f.client.Do(r)
	if err != nil {
		return nil, reason(err, r.URL)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s answers %d", r.URL, answer.StatusCode)
	}
	body, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer+1))
	if err != nil {
		return nil, reason(err, r.URL)
	}
	if len(body) > maxAnswer {
		return nil, fmt.Errorf("%s answers more than 256 KB", r.URL)
	}
	return body, nil
}

func reason(err error, address *url.URL) error {
	if failed, ok := errors.AsType[*url.Error](err); ok {
		err = failed.Err
	}
	return fmt.Errorf("%s: %w", address, err)
}

// checkHost refuses an address of keys that a discovery document names, unless it is on a host
// of the issuer.
func checkHost(address string, hosts []string) error {
	u, err := httpsURL(address)
	if err != nil {
		return errors.New("jwks_uri in its discovery document is not an https URL")
	}
	if !slices.Contains(hosts, u.Host) {
		return errors.New("jwks_uri in its discovery document is on another host than the issuer")
	}
	return nil
}
