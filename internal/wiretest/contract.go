package wiretest

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"rotunda/docs"
)

// contract compares each exchange of callers with the handler with docs/openapi.json. It sees what
// the handler responds, and not what the host responds itself.
type contract struct {
	document *openapi3.T // nil to compare nothing

	mu       sync.Mutex
	seen     map[string]int // exchanges by operation and status
	problems []string
}

const (
	// mostOfAKind is how many exchanges with one operation and one status are compared: tests of
	// load have many thousands.
	mostOfAKind = 100
	// mostKept is how much of a body is kept to compare it. A larger body is not compared.
	mostKept = 2 << 20
)

// description is the parsed document, which the apps of a process share.
var description = sync.OnceValues(func() (*openapi3.T, error) {
	document, err := openapi3.NewLoader().LoadFromData(docs.OpenAPI)
	if err != nil {
		return nil, err
	}
	for _, schema := range document.Components.Schemas {
		closed(schema.Value)
	}
	return document, nil
})

// newContract returns a contract by which nothing is described that the document does not name:
// there, a response may get more fields with time.
func newContract(t testing.TB, options Options) *contract {
	t.Helper()
	c := &contract{seen: map[string]int{}}
	if options.Unchecked {
		return c
	}
	document, err := description()
	if err != nil {
		t.Fatalf("docs/openapi.json: %v", err)
	}
	c.document = document
	return c
}

// closed makes a field that the schema does not name an error.
func closed(schema *openapi3.Schema) {
	if len(schema.Properties) > 0 {
		schema.AdditionalProperties = openapi3.AdditionalProperties{Has: new(false)}
	}
}

// report reports what differs.
func (c *contract) report(t testing.TB) {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	slices.Sort(c.problems)
	for _, problem := range slices.Compact(c.problems) {
		t.Errorf("docs/openapi.json does not describe this: %s", problem)
	}
}

func (c *contract) wrap(next http.RoundTripper) http.RoundTripper {
	if c.document == nil {
		return next
	}
	return &comparing{c, next}
}

// comparing is a RoundTripper that compares what it carries with the contract.
type comparing struct {
	*contract
	next http.RoundTripper
}

func (c *comparing) RoundTrip(r *http.Request) (*http.Response, error) {
	sent := &kept{inner: r.Body}
	if r.Body != nil && r.Body != http.NoBody {
		r = r.Clone(r.Context())
		r.Body = sent
	} else {
		sent.whole = true
	}
	response, err := c.next.RoundTrip(r)
	if err != nil || !c.isDue(r, response.StatusCode) {
		return response, err
	}
	received := &kept{inner: response.Body}
	received.end = func(body []byte) {
		if err := c.compare(r, sent, response, body); err != nil {
			c.note(r, response.StatusCode, err)
		}
	}
	response.Body = received
	return response, nil
}

// isDue counts an exchange, and reports whether to compare it.
func (c *contract) isDue(r *http.Request, status int) bool {
	name := "no operation"
	if found := c.find(r.Method, r.URL); found != nil {
		name = found.operation.OperationID
	}
	name = fmt.Sprintf("%s %s %d", r.Method, name, status)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.seen[name]++
	return c.seen[name] <= mostOfAKind
}

func (c *contract) note(r *http.Request, status int, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.problems) < 20 {
		c.problems = append(c.problems, fmt.Sprintf("%s %s: %d: %v", r.Method, r.URL.Path, status, err))
	}
}

// kept is a body that keeps what is read of it. end, if not nil, is called once at its end, unless
// the body is too large or broken off.
type kept struct {
	inner io.ReadCloser
	end   func(body []byte)

	mu    sync.Mutex
	body  bytes.Buffer
	large bool
	whole bool // the body was read to its end
}

func (k *kept) Read(p []byte) (int, error) {
	n, err := k.inner.Read(p)
	if k.keep(p[:n], err) && k.end != nil {
		k.end(k.body.Bytes())
	}
	return n, err
}

// keep reports whether the body has just ended.
func (k *kept) keep(part []byte, err error) (ended bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.large = k.large || k.body.Len()+len(part) > mostKept; !k.large {
		k.body.Write(part)
	}
	ended = err == io.EOF && !k.whole && !k.large //nolint:errorlint // as io.Reader says
	k.whole = k.whole || ended
	return ended
}

// Close implements io.Closer. The response to a HEAD is never read.
func (k *kept) Close() error { return k.inner.Close() }

// text returns the body, if all of it was read.
func (k *kept) text() ([]byte, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return slices.Clone(k.body.Bytes()), k.whole
}
