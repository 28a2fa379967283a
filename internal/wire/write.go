package wire

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strconv"

	"rotunda/internal/secret"
)

// WriteSecret responds 200 with s. The ETag is its version.
func WriteSecret(w http.ResponseWriter, s secret.Secret) error {
	if s.Version != "" {
		w.Header().Set("ETag", etag(s.Version))
	}
	return WriteJSON(w, http.StatusOK, newBundle(s))
}

// WriteBackup responds 200 with a backup blob.
func WriteBackup(w http.ResponseWriter, blob secret.Value) error {
	return WriteJSON(w, http.StatusOK, backup{new(blob.Reveal())})
}

// WriteJSON responds with v as JSON. If v can't be encoded, it writes nothing and returns an
// error.
func WriteJSON(w http.ResponseWriter, status int, v any) error {
	body, err := marshal(v)
	if err != nil {
		return err
	}
	header := w.Header()
	header["Content-Type"], header["Content-Length"] = jsonType, []string{strconv.Itoa(len(body))}
	w.WriteHeader(status)
	_, _ = w.Write(body) // the caller may be gone, and then nobody is left to report to
	return nil
}

// marshal encodes v and, like Key Vault, does not escape <, > and &.
func marshal(v any) ([]byte, error) {
	var body bytes.Buffer
	encoder := json.NewEncoder(&body)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(v)
	return bytes.TrimSuffix(body.Bytes(), []byte("\n")), err
}

func etag(version string) string { return `"` + version + `"` }
