package wire

import (
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"rotunda/internal/secret"
)

// Rendered is a secret as it goes over the wire, made once and sent many times.
type Rendered struct {
	version      string
	body         []byte
	etag, length []string // as net/http keeps headers
}

// Render makes the answer of a get.
func Render(s secret.Secret) (*Rendered, error) {
	body, err := marshal(newBundle(s))
	if err != nil {
		return nil, err
	}
	return &Rendered{version: s.Version, body: body, etag: []string{etag(s.Version)}, length: []string{strconv.Itoa(len(body))}}, nil
}

// Size is about how many bytes it keeps.
func (r *Rendered) Size() int { return len(r.body) + 200 }

// JSON is the secret in Key Vault's shape.
func (r *Rendered) JSON() json.RawMessage { return r.body }

// Reading is a secret that was read, from the vault or from memory.
type Reading struct {
	*Rendered
	Age   time.Duration // since it was read from the vault
	Stale bool          // it outlived its time, as the vault can't be reached
}

// The values of headers that never change, as net/http keeps them.
var (
	jsonType  = []string{"application/json; charset=utf-8"}
	textType  = []string{"text/plain; charset=utf-8"}
	noAge     = []string{"0"}
	staleTrue = []string{"true"}
)

// Write answers a get: 304 where the caller has this version, the bare value where it asks for text.
func (r Reading) Write(w http.ResponseWriter, request *http.Request) error {
	header := w.Header()
	header["Etag"] = r.etag
	header["Age"] = noAge
	if r.Age >= time.Second {
		header["Age"] = []string{strconv.Itoa(int(r.Age / time.Second))}
	}
	if r.Stale {
		header["X-Rotunda-Stale"] = staleTrue
	}
	switch {
	case HasVersion(request, r.version):
		w.WriteHeader(http.StatusNotModified)
		return nil
	case WantsText(request):
		return r.writeText(w)
	}
	header["Content-Type"], header["Content-Length"] = jsonType, r.length
	_, _ = w.Write(r.body) // the caller may be gone; nobody is left to tell
	return nil
}

func (r Reading) writeText(w http.ResponseWriter) error {
	var found struct {
		Value string `json:"value"`
	}
	if err := json.Unmarshal(r.body, &found); err != nil {
		return err
	}
	header := w.Header()
	header["Content-Type"], header["Content-Length"] = textType, []string{strconv.Itoa(len(found.Value))}
	_, _ = w.Write([]byte(found.Value)) // as above
	return nil
}
