package entra

import (
	"io"
	"net/http"
)

// maxAnswer is what an answer may have: an application has some kilobytes.
const maxAnswer = 1 << 20

// transport sends requests for what is known to be Graph or Entra: it follows no redirect, so that
// tokens and client secrets go nowhere else, and reads no more than maxAnswer and a byte, which
// azcore does not bound.
type transport struct{ client http.Client }

func newTransport(client *http.Client) *transport {
	own := *client
	own.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &transport{own}
}

// Do implements policy.Transporter.
func (t *transport) Do(request *http.Request) (*http.Response, error) {
	response, err := t.client.Do(request)
	if err != nil {
		return nil, err
	}
	response.Body = limited{io.LimitReader(response.Body, maxAnswer+1), response.Body}
	return response, nil
}

type limited struct {
	io.Reader
	io.Closer
}
