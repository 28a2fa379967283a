package wire

import (
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"rotunda/internal/secret"
)

// Rendered is a secret in the wire format. It is encoded once and sent many times.
type Rendered struct {
	version      string
	body         []byte
	etag, length []string // as values of net/http's Header
}

// Render encodes s as the response to a get.
func Render(s secret.Secret) (*Rendered, error) {
	body, err := marshal(newBundle(s))
	if err != nil {
		return nil, err
	}
	return &Rendered{version: s.Version, body: body, etag: []string{etag(s.Version)}, length: []string{strconv.Itoa(len(body))}}, nil
}

// Size returns approximately how many bytes of memory r uses.
func (r *Rendered) Size() int { return len(r.body) + 200 }

// Version returns the version of the secret.
func (r *Rendered) Version() string { return r.version }

// JSON returns the secret in Key Vault's format.
func (r *Rendered) JSON() json.RawMessage { return r.body }

// Reading is a secret that was read from the vault or from the cache.
type Reading struct {
	*Rendered
	Age   time.Duration // time since it was read from the vault
	Stale bool          // older than the cache's TTL, because the vault can't be reached
}

// Constant headers, as values of net/http's Header.
var (
	jsonType  = []string{"application/json; charset=utf-8"}
	textType  = []string{"text/plain; charset=utf-8"}
	staleTrue = []string{"true"}
)

// ages are the ages of a usual TTL in seconds, as values of net/http's Header.
var ages = func() (all [120][]string) {
	texts := make([]string, len(all))
	for i := range all {
		texts[i] = strconv.Itoa(i)
		all[i] = texts[i : i+1 : i+1]
	}
	return all
}()

// age returns the value of the header Age.
func age(d time.Duration) []string {
	seconds := int(d / time.Second)
	if seconds < len(ages) {
		return ages[max(seconds, 0)]
	}
	return []string{strconv.Itoa(seconds)}
}

// Write responds to a get: 304 if the caller has this version, the bare value if it prefers text,
// and otherwise the JSON.
func (r Reading) Write(w http.ResponseWriter, request *http.Request) error {
	header := w.Header()
	header["Etag"] = r.etag
	header["Age"] = age(r.Age)
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
	_, _ = w.Write(r.body) // the caller may be gone, and then nobody is left to report to
	return nil
}

func (r Reading) writeText(w http.ResponseWriter) error {
	value, err := r.Value()
	if err != nil {
		return err
	}
	text := value.Reveal()
	header := w.Header()
	header["Content-Type"], header["Content-Length"] = textType, []string{strconv.Itoa(len(text))}
	_, _ = w.Write([]byte(text)) // see above
	return nil
}

// Value returns the value of the secret.
func (r Reading) Value() (secret.Value, error) {
	var found struct {
		Value string `json:"value"`
	}
	err := json.Unmarshal(r.body, &found)
	return secret.NewValue(found.Value), err
}
