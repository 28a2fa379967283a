package rabbitmq

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"rotunda/internal/rotators/bounded"
	"rotunda/internal/rotators/login"
)

// callTimeout bounds one request.
const callTimeout = 10 * time.Second

// maxHeader is more than RabbitMQ's headers have.
const maxHeader = 8 << 10

// client makes requests as one login.
type client struct {
	server server
	login  login.Login
	http   *http.Client
}

// newClient returns a client that must be closed. It follows no redirects: the login is for this
// host. It asks for no compression, because a few bytes of that may stand for gigabytes.
func (s server) newClient(l login.Login) (*client, error) {
	secure, err := s.tls.Config(s.Host)
	if err != nil {
		return nil, err
	}
	transport := &http.Transport{
		DialContext: bounded.Dial, DialTLSContext: dialTLS(secure), DisableCompression: true, MaxConnsPerHost: 1, MaxResponseHeaderBytes: maxHeader,
		Protocols: new(http.Protocols),
	}
	transport.Protocols.SetHTTP1(true)
	stop := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &client{s, l, &http.Client{Transport: transport, CheckRedirect: stop}}, nil
}

func (c *client) close() { c.http.CloseIdleConnections() }

func dialTLS(secure *tls.Config) func(context.Context, string, string) (net.Conn, error) {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := bounded.Dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		encrypted := tls.Client(conn, secure)
		if err := encrypted.HandshakeContext(ctx); err != nil {
			_ = conn.Close()
			return nil, err
		}
		return encrypted, nil
	}
}

// refusal is a response that is no success. RabbitMQ's have JSON with two texts.
type refusal struct {
	status int
	Kind   string `json:"error"`
	Reason string `json:"reason"`
}

func (refusal) Error() string { return "the management API refused a request" }

// statusOf returns the status of a response that is no success, or 0 for any other error.
func statusOf(err error) int {
	refused, _ := errors.AsType[refusal](err)
	return refused.status
}

// do makes a request. in is sent and out is received as JSON, unless they are nil.
func (c *client) do(ctx context.Context, method, path string, in, out any) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	request, err := c.newRequest(ctx, method, path, in)
	if err != nil {
		return err
	}
	response, err := c.http.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }() // it was only read
	body, err := io.ReadAll(io.LimitReader(response.Body, bounded.MaxMessage+1))
	if err != nil {
		return err
	}
	return read(response.StatusCode, body, out)
}

func (c *client) newRequest(ctx context.Context, method, path string, in any) (*http.Request, error) {
	var body []byte
	if in != nil {
		var err error
		if body, err = json.Marshal(in); err != nil {
			return nil, err
		}
	}
	scheme := "https://"
	if c.server.plain() {
		scheme = "http://"
	}
	request, err := http.NewRequestWithContext(ctx, method, scheme+c.server.HostPort()+"/api/"+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("User-Agent", "rotunda")
	request.SetBasicAuth(c.login.User, c.login.Password.Reveal())
	return request, nil
}

// read reads a response.
func read(status int, body []byte, out any) error {
	switch {
	case len(body) > bounded.MaxMessage:
		return bounded.ErrUnexpected
	case status < http.StatusOK || status >= http.StatusMultipleChoices:
		refused := refusal{status: status}
		if json.Unmarshal(body, &refused) != nil {
			refused.Kind, refused.Reason = "", ""
		}
		return refused
	case out == nil:
		return nil
	case json.Unmarshal(body, out) != nil:
		return bounded.ErrUnexpected
	}
	return nil
}

// path joins the parts of a path, such as a virtual host whose name is a slash.
func path(parts ...string) string {
	escaped := make([]string, len(parts))
	for i, part := range parts {
		escaped[i] = strings.ReplaceAll(url.PathEscape(part), ".", "%2E")
	}
	return strings.Join(escaped, "/")
}
