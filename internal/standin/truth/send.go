package truth

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
)

// answer is a response, and its URL.
type answer struct {
	url    *url.URL
	status int
	header http.Header
	body   []byte
}

const defaultAPIVersion = "2026-04-01"

func (p *player) send(ctx context.Context, step Step) (answer, error) {
	r, err := p.request(ctx, step)
	if err != nil {
		return answer{}, err
	}
	return p.do(r)
}

func (p *player) do(r *http.Request) (answer, error) {
	got, err := p.target.Client.Do(r)
	if err != nil {
		return answer{}, err
	}
	defer func() { _ = got.Body.Close() }() // it has been read to its end
	body, err := io.ReadAll(got.Body)
	return answer{r.URL, got.StatusCode, got.Header, body}, err
}

func (p *player) request(ctx context.Context, step Step) (*http.Request, error) {
	address, err := p.address(step)
	if err != nil {
		return nil, err
	}
	body, err := p.body(step.Body)
	if err != nil {
		return nil, err
	}
	r, err := http.NewRequestWithContext(ctx, step.Method, address, body)
	if err != nil {
		return nil, err
	}
	if step.Body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	if err := p.authorize(r); err != nil {
		return nil, err
	}
	for name, value := range step.Headers {
		r.Header.Set(name, value)
		if value == absent {
			r.Header.Del(name)
		}
	}
	return r, nil
}

func (p *player) authorize(r *http.Request) error {
	if p.target.Token == nil {
		return nil
	}
	token, err := p.target.Token()
	if err != nil {
		return fmt.Errorf("getting a token: %w", err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	return nil
}

// address returns the URL of a step: a captured one unchanged, or the target's with the path and
// the query.
func (p *player) address(step Step) (string, error) {
	if step.URL != "" {
		return p.captures.text(step.URL)
	}
	path, err := p.captures.text(step.Path)
	if err != nil {
		return "", err
	}
	version := p.scenario.APIVersion
	if version == "" {
		version = defaultAPIVersion
	}
	query := "?api-version=" + url.QueryEscape(version)
	for name, value := range step.Query {
		query += "&" + url.QueryEscape(name) + "=" + url.QueryEscape(value)
	}
	return p.target.BaseURL + path + query, nil
}

// body returns the JSON of a template, or nothing for nil.
func (p *player) body(template any) (io.Reader, error) {
	if template == nil {
		return http.NoBody, nil
	}
	filled, err := p.captures.fill(template)
	if err != nil {
		return nil, err
	}
	raw, err := json.Marshal(filled)
	return bytes.NewReader(raw), err
}
