package webhook

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"time"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/bounded"
	"rotunda/internal/rotators/tlsconfig"
)

const (
	// callTime bounds one call. An attempt makes several, in 25 seconds.
	callTime = 10 * time.Second
	// maxAnswer is how many bytes an answer may have.
	maxAnswer = 64 << 10
	// maxHeader is how many bytes its header may have.
	maxHeader = 16 << 10
)

// call sends a request once. It returns a verdict if the hook gave one; any other answer is a
// fault.
func (t target) call(ctx context.Context, by signer, asked request) (answer, rotation.Verdict, error) {
	ctx, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	response, err := t.send(ctx, by, asked)
	if err != nil {
		return answer{}, rotation.Unknown, err
	}
	defer func() { _ = response.Body.Close() }() // it was only read
	body, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer+1))
	if err != nil {
		return answer{}, rotation.Unknown, t.unreachable(err)
	}
	return t.read(asked, reply{response.StatusCode, response.Header.Get("Content-Type"), body})
}

func (t target) send(ctx context.Context, by signer, asked request) (*http.Response, error) {
	body, err := json.Marshal(asked)
	if err != nil {
		return nil, rotation.Permanentf("The request to the hook can't be written as JSON.")
	}
	sent, err := http.NewRequestWithContext(ctx, http.MethodPost, t.hook.String(), bytes.NewReader(body))
	if err != nil {
		return nil, rotation.Permanentf("The tag ProviderAddress must be the hook's address, in the form https://host/path.")
	}
	id := asked.id()
	for name, value := range map[string]string{
		"Content-Type": "application/json", "Accept": "application/json", "User-Agent": "rotunda", headerID: id,
	} {
		sent.Header.Set(name, value)
	}
	if key := asked.key(); key != "" {
		sent.Header.Set("Idempotency-Key", key)
	}
	if err := by.sign(ctx, sent.Header, id, body); err != nil {
		return nil, err
	}
	transport, err := t.hook.transport()
	if err != nil {
		return nil, err
	}
	response, err := transport.RoundTrip(sent) // not a client: it follows no redirect, and keeps no cookie
	return response, t.unreachable(err)
}

// transport makes one connection for one request. It has no second try: net/http repeats a request
// on a new connection only if it was sent on a reused one.
func (h hook) transport() (*http.Transport, error) {
	config, err := h.tls.Config(h.Host)
	if err != nil {
		return nil, err
	}
	return &http.Transport{
		DialContext: bounded.Dial, TLSClientConfig: config, Proxy: http.ProxyFromEnvironment,
		DisableKeepAlives: true, DisableCompression: true, MaxResponseHeaderBytes: maxHeader,
	}, nil
}

// unreachable says why there is no answer; nil stays nil.
func (t target) unreachable(err error) error {
	switch {
	case err == nil:
		return nil
	case tlsconfig.IsUntrusted(err):
		return rotation.Temporaryf("The certificate of the hook at %s is not from a trusted authority, or not for this host. To trust another authority, name its file in the parameter cafile of the tag ProviderAddress.", t.hook)
	case tlsconfig.IsPlaintext(err):
		return rotation.Temporaryf("What answers at %s has no TLS. Name the port where the hook has TLS.", t.hook)
	case errors.Is(err, bounded.ErrUnexpected):
		return rotation.Temporaryf("The hook at %s sends more than Rotunda reads.", t.hook)
	case errors.Is(err, context.DeadlineExceeded):
		return rotation.Temporaryf("The hook at %s did not answer within %s.", t.hook, callTime)
	}
	return rotation.Temporaryf("The hook at %s can't be reached, or closed the connection without an answer. Check the tag ProviderAddress, the network and the server.", t.hook)
}

// reply is an HTTP response.
type reply struct {
	status      int
	contentType string
	body        []byte
}

// read returns what a reply says.
func (t target) read(asked request, r reply) (answer, rotation.Verdict, error) {
	said, err := r.decode()
	if r.status != http.StatusOK {
		return answer{}, rotation.Unknown, t.refused(asked, r.status, said.Reason)
	}
	if err != nil {
		return answer{}, rotation.Unknown, rotation.Permanentf("The hook at %s answered %q with %s. docs/webhook.md describes answers.", t.hook, asked.Action, err)
	}
	verdict, known := verdicts[said.Verdict]
	if !known {
		return answer{}, rotation.Unknown, rotation.Permanentf(`The hook at %s answered %q without a verdict: the field "verdict" must be accepted, rejected or unknown.`, t.hook, asked.Action)
	}
	if verdict == rotation.Unknown {
		return said, verdict, rotation.Temporaryf("The hook at %s can't do %q now.%s", t.hook, asked.Action, asked.saying(said.Reason))
	}
	return said, verdict, nil
}

var (
	errTooLong = errors.New("more than 64 KiB")
	errNotJSON = errors.New("a body that is not application/json")
	errBadJSON = errors.New("JSON that is not of the form of an answer")
)

func (r reply) decode() (said answer, _ error) {
	if len(r.body) > maxAnswer {
		return answer{}, errTooLong
	}
	if kind, _, err := mime.ParseMediaType(r.contentType); err != nil || kind != "application/json" {
		return answer{}, errNotJSON
	}
	if err := json.Unmarshal(r.body, &said); err != nil {
		return answer{}, errBadJSON
	}
	return said, nil
}

// saying returns a hook's reason as the end of a fault.
func (r request) saying(reason string) string {
	if reason = quote(reason, r.values()); reason == "" {
		return ""
	}
	return " It says: " + reason
}

// refused says what a status other than 200 means.
func (t target) refused(asked request, status int, reason string) error {
	says := asked.saying(reason)
	switch {
	case status == http.StatusUnauthorized, status == http.StatusForbidden:
		return &refusal{rotation.Permanentf("The hook at %s refuses the app's requests (%d). %s%s", t.hook, status, t.signer.remedy(), says)}
	case status == http.StatusConflict:
		return rotation.Permanentf("The hook at %s refuses %q (409): the credential belongs to another secret, or the secret's value is not the one that is valid there.%s", t.hook, asked.Action, says)
	case status == http.StatusNotFound, status == http.StatusMethodNotAllowed, status == http.StatusGone:
		return rotation.Permanentf("There is no hook at %s (%d). Check the path in the tag ProviderAddress; a hook accepts POST.%s", t.hook, status, says)
	case status >= 300 && status < 400:
		return rotation.Permanentf("The hook at %s redirects (%d), which Rotunda does not follow: a credential is for this address only. Name the final address in the tag ProviderAddress.", t.hook, status)
	case status == http.StatusTooManyRequests || status == http.StatusRequestTimeout || status >= 500:
		return rotation.Temporaryf("The hook at %s failed to do %q (%d). Its log may say why; it is tried again later.%s", t.hook, asked.Action, status, says)
	}
	return rotation.Permanentf("The hook at %s does not understand %q (%d). docs/webhook.md describes requests and answers.%s", t.hook, asked.Action, status, says)
}

// refusal is a fault of a hook that refuses the app's signature or token.
type refusal struct{ *rotation.Fault }

func (r *refusal) Unwrap() error { return r.Fault }

// isRefusal reports whether a hook refused the app's signature or token.
func isRefusal(err error) bool {
	_, is := errors.AsType[*refusal](err)
	return is
}
