package wire

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strconv"

	"rotunda/internal/secret"
)

// WriteSecret answers 200 with s. Its ETag is its version.
func WriteSecret(w http.ResponseWriter, s secret.Secret) error {
	if s.Version != "" {
		w.Header().Set("ETag", etag(s.Version))
	}
	return WriteJSON(w, http.StatusOK, newBundle(s))
}

// WriteText answers 200 with the bare value, for shell scripts.
func WriteText(w http.ResponseWriter, s secret.Secret) error {
	w.Header().Set("ETag", etag(s.Version))
	write(w, http.StatusOK, "text/plain; charset=utf-8", []byte(s.Value.Reveal()))
	return nil
}

// WriteNotModified answers 304: the caller has this version.
func WriteNotModified(w http.ResponseWriter, s secret.Secret) error {
	w.Header().Set("ETag", etag(s.Version))
	w.WriteHeader(http.StatusNotModified)
	return nil
}

// WriteBackup answers 200 with a backup blob.
func WriteBackup(w http.ResponseWriter, blob secret.Value) error {
	return WriteJSON(w, http.StatusOK, map[string]string{"value": blob.Reveal()})
}

// WriteJSON answers with v. It writes nothing when v can't be encoded.
func WriteJSON(w http.ResponseWriter, status int, v any) error {
	var body bytes.Buffer
	encoder := json.NewEncoder(&body)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		return err
	}
	write(w, status, "application/json; charset=utf-8", bytes.TrimSuffix(body.Bytes(), []byte("\n")))
	return nil
}

func write(w http.ResponseWriter, status int, contentType string, body []byte) {
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body) // the caller may be gone; nobody is left to tell
}

func etag(version string) string { return `"` + version + `"` }
