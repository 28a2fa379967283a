package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"rotunda/internal/secret"
	"rotunda/internal/standin"
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
	seeds, err := parseSeeds(text)
	if err != nil {
		return nil, fmt.Errorf("-seed: %s: %w", file, err)
	}
	return seeds, nil
}

// parseSeeds reads one name after the other, because a map would keep the last of two that are
// the same.
func parseSeeds(text []byte) (map[string]json.RawMessage, error) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	if first, err := decoder.Token(); err != nil || first != json.Delim('{') {
		return nil, notSeeds(err)
	}
	seeds, names := map[string]json.RawMessage{}, map[string]bool{}
	for decoder.More() {
		token, err := decoder.Token()
		if err != nil {
			return nil, notSeeds(err)
		}
		name, _ := token.(string) // a name is a text, or Token fails
		if names[strings.ToLower(name)] {
			return nil, fmt.Errorf("the name %q occurs twice, and Key Vault ignores case: remove one", name)
		}
		names[strings.ToLower(name)] = true
		if _, err := secret.ParseName(name); err != nil {
			return nil, fmt.Errorf("%q can't be the name of a secret: use 1 to %d letters, digits and hyphens", name, secret.MaxNameLength)
		}
		if seeds[name], err = parseSeed(decoder, name); err != nil {
			return nil, err
		}
	}
	_, err := decoder.Token()
	if _, after := decoder.Token(); err != nil || !errors.Is(after, io.EOF) {
		return nil, notSeeds(err)
	}
	return seeds, nil
}

func parseSeed(decoder *json.Decoder, name string) (json.RawMessage, error) {
	var body json.RawMessage
	if err := decoder.Decode(&body); err != nil {
		return nil, notSeeds(err)
	}
	switch body[0] {
	case '"':
		return slices.Concat([]byte(`{"value":`), body, []byte(`}`)), nil
	case '{':
		return body, nil
	}
	return nil, fmt.Errorf("%s is neither a text nor an object", name)
}

func notSeeds(err error) error {
	problem := errors.New(`not a JSON object such as {"db": "value", "api": {"value": "…", "tags": {}}}`)
	if err == nil {
		return problem
	}
	return fmt.Errorf("%w: %w", problem, err)
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
		status, text, err := call(ctx, http.MethodPut, name, seeds[name])
		if status == http.StatusConflict {
			continue // an earlier run has deleted it
		}
		if err != nil || status != http.StatusOK {
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
	transport, err := standin.Transport(d.azure.CAFile(), d.azure.ProxyURL())
	if err != nil {
		return nil, err
	}
	transport.DisableKeepAlives = true
	client := &http.Client{Transport: transport}
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
