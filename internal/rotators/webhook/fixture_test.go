package webhook

import (
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/rotatortest"
	"rotunda/internal/secret"
)

const (
	firstValue = "canary-first-value"
	owner      = "contoso.vault.azure.net/api-key"
)

var signingKey = base64.StdEncoding.EncodeToString([]byte("canary-signing-key-of-32-bytes!!"))

// subject is a secret of a class whose hook is at an address.
func subject(class rotation.Class, address string) rotation.Subject {
	return rotation.Subject{
		Name: "api-key", Address: address, CredentialID: "first", Current: secret.NewValue(firstValue), Admin: secret.NewValue(signingKey),
		Tags: map[string]string{rotation.TagClass: string(class)}, Owner: owner, Trust: rotation.Trust{Plaintext: true}, OperationID: "OPERATION",
	}
}

// received is a request that a hook got.
type received struct {
	header http.Header
	body   map[string]any
	raw    []byte
}

// hookServer is a hook that answers what a test says.
type hookServer struct {
	*httptest.Server
	answer func(w http.ResponseWriter, asked received)

	mu  sync.Mutex
	got []received
}

// ServeHTTP implements http.Handler. It refuses a wrong signature.
func (h *hookServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	asked := received{header: r.Header, body: map[string]any{}}
	asked.raw, _ = io.ReadAll(r.Body)
	_ = json.Unmarshal(asked.raw, &asked.body)
	signed, _ := parseKey(secret.NewValue(signingKey))
	if r.Header.Get(headerSignature) != "" && r.Header.Get(headerSignature) != signed.(key).signature(r.Header.Get(headerID), r.Header.Get(headerTime), asked.raw) {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	h.mu.Lock()
	h.got = append(h.got, asked)
	h.mu.Unlock()
	h.answer(w, asked)
}

// last returns the latest request.
func (h *hookServer) last(t *testing.T) received {
	t.Helper()
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.got) == 0 {
		t.Fatal("the hook got no request")
	}
	return h.got[len(h.got)-1]
}

// startHook serves answers of one status and body.
func startHook(t *testing.T, status int, body string) *hookServer {
	return startHookFunc(t, func(w http.ResponseWriter, _ received) { write(w, status, body) })
}

func write(w http.ResponseWriter, status int, body string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, body)
}

func startHookFunc(t *testing.T, answer func(http.ResponseWriter, received)) *hookServer {
	t.Helper()
	h := &hookServer{answer: answer}
	h.Server = httptest.NewServer(h)
	t.Cleanup(h.Close)
	return h
}

// startTLS serves a hook over TLS, and returns its address and what trusts it by the parameter
// cafile=ca.pem.
func startTLS(t *testing.T, h http.Handler) (address string, trust rotation.Trust) {
	t.Helper()
	server := httptest.NewUnstartedServer(h)
	server.Config.ErrorLog = nil
	server.StartTLS()
	t.Cleanup(server.Close)
	folder := t.TempDir()
	file := filepath.Join(folder, "ca.pem")
	rotatortest.Must(t, os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}), 0o600))
	return server.URL, rotatortest.Trust(file)
}
