package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"os"
	"slices"
	"time"

	"rotunda/internal/standin/keyvault"
)

// apiVersion is that of our own calls of the vault.
const apiVersion = "7.6"

// readSeeds returns the bodies of the secrets in the file, by name. A text is a value; an object
// is what Key Vault's set accepts.
func readSeeds(file string) (map[string]json.RawMessage, error) {
	if file == "" {
		return nil, nil
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("-seed: %w", err)
	}
	var seeds map[string]json.RawMessage
	if err := json.Unmarshal(text, &seeds); err != nil {
		return nil, fmt.Errorf(`-seed: %s is not a JSON object such as {"db": "value", "api": {"value": "…", "tags": {}}}: %w`, file, err)
	}
	for name, body := range seeds {
		switch body[0] {
		case '"':
			seeds[name] = slices.Concat([]byte(`{"value":`), body, []byte(`}`))
		case '{':
		default:
			return nil, fmt.Errorf("-seed: in %s, %s is neither a text nor an object", file, name)
		}
	}
	return seeds, nil
}

// sow sets the secrets that the vault does not have yet.
func (d *desk) sow(ctx context.Context, seeds map[string]json.RawMessage) error {
	if len(seeds) == 0 {
		return nil
	}
	call, err := d.vaultClient()
	if err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(seeds)) {
		status, _, err := call(ctx, http.MethodGet, name, nil)
		if err != nil {
			return fmt.Errorf("-seed: %w", err)
		}
		if status == http.StatusOK || status == http.StatusForbidden {
			continue // an earlier run has set it, by -data, and may have disabled it
		}
		if status, text, err := call(ctx, http.MethodPut, name, seeds[name]); err != nil || status != http.StatusOK {
			return errors.Join(fmt.Errorf("-seed: the vault refuses %s with %d: %s", name, status, text), err)
		}
	}
	return nil
}

// vaultClient returns a function that calls the vault as any client does: through the proxy, with
// the client's token.
func (d *desk) vaultClient() (func(ctx context.Context, method, name string, body []byte) (int, string, error), error) {
	token, _, err := d.azure.Entra().Issue(d.client.ClientID, keyvault.Resource, time.Hour)
	if err != nil {
		return nil, err
	}
	client, err := d.clientThroughProxy()
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, method, name string, body []byte) (int, string, error) {
		address := d.vaultURL() + "/secrets/" + url.PathEscape(name) + "?api-version=" + apiVersion
		request, err := http.NewRequestWithContext(ctx, method, address, bytes.NewReader(body))
		if err != nil {
			return 0, "", err
		}
		request.Header.Set("Authorization", "Bearer "+token)
		request.Header.Set("Content-Type", "application/json")
		response, err := client.Do(request)
		if err != nil {
			return 0, "", err
		}
		defer func() { _ = response.Body.Close() }()
		text, err := io.ReadAll(response.Body)
		return response.StatusCode, string(text), err
	}, nil
}

func (d *desk) clientThroughProxy() (*http.Client, error) {
	pem, err := os.ReadFile(d.azure.CAFile())
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	proxy, err := url.Parse(d.azure.ProxyURL())
	if err != nil {
		return nil, err
	}
	return &http.Client{Transport: &http.Transport{
		Proxy: http.ProxyURL(proxy), TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}, DisableKeepAlives: true,
	}}, nil
}
