package arm_test

import (
	"bufio"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"rotunda/internal/standin/arm"
)

// FuzzRequest sends what may be requests: none may panic, be accepted without a key, or change
// one.
func FuzzRequest(f *testing.F) {
	s := arm.New(arm.Options{})
	for _, id := range arm.Examples() {
		if err := s.AddResource(id); err != nil {
			f.Fatal(err)
		}
	}
	for _, host := range s.Hosts() {
		for _, seed := range []string{
			"SharedKey contosostore:AAAA", "type%3Dmaster%26ver%3D1.0%26sig%3DAAAA", "SharedAccessSignature sr=a&sig=AA%3D%3D&se=9999999999&skn=RootManageSharedAccessKey",
			"HMAC-SHA256 Credential=a&SignedHeaders=x-ms-date;host;x-ms-content-sha256&Signature=AAAA", "Basic Y29udG9zb3JlZ2lzdHJ5Og==", "Bearer e30.e30.e30",
		} {
			f.Add("GET / HTTP/1.1\r\nHost: " + host + "\r\nAuthorization: " + seed + "\r\n\r\n")
		}
	}
	f.Add("GET /v2/ HTTP/1.1\r\nHost: contosoregistry.azurecr.io\r\nAuthorization: Basic Og==\r\n\r\n")
	f.Add("POST " + arm.Examples()["storage"] + "/regenerateKey?api-version=2023-05-01 HTTP/1.1\r\nHost: management.azure.com\r\nContent-Length: 2\r\n\r\n{}")
	before := currentKeys(s)
	f.Fuzz(func(t *testing.T, text string) {
		request, err := http.ReadRequest(bufio.NewReader(strings.NewReader(text)))
		if err != nil {
			return
		}
		if isManagement := strings.HasPrefix(strings.ToLower(request.Host), "management."); isManagement {
			request.Header.Del("Authorization") // every token is accepted here
		}
		recorded := httptest.NewRecorder()
		s.ServeHTTP(recorded, request)
		if health := strings.HasSuffix(strings.ToLower(request.URL.Path), "/health"); recorded.Code < 300 && !health {
			t.Errorf("%q was accepted without a key: %d %s", text, recorded.Code, recorded.Body)
		}
		if currentKeys(s) != before {
			t.Errorf("%q changed a key", text)
		}
	})
}

func currentKeys(s *arm.Server) string {
	var all strings.Builder
	for _, id := range s.IDs() {
		for _, key := range s.Keys(id) {
			all.WriteString(key.Name + key.Value)
		}
	}
	return all.String()
}

func TestWhatIsNotRedisEndsTheConnection(t *testing.T) {
	s := arm.New(arm.Options{})
	if err := s.AddResource(arm.Examples()["redis"]); err != nil {
		t.Fatal(err)
	}
	for title, text := range map[string]string{
		"a request of HTTP":      "GET / HTTP/1.1\r\n\r\n",
		"a word that is no size": "*1\r\n$x\r\n",
		"a negative size":        "*-1\r\n",
		"too many words":         "*1000000\r\n",
		"a word that is long":    "*1\r\n$99999999\r\n",
		"a line without an end":  strings.Repeat("*", 10000),
	} {
		client, server := net.Pipe()
		ended := make(chan error, 1)
		go func() {
			ended <- s.ServeRedis(server, "contosocache.redis.cache.windows.net")
			_ = server.Close()
		}()
		_, _ = client.Write([]byte(text)) // the server may close before all is read
		if err := <-ended; err == nil {
			t.Errorf("%s: the connection ended without an error", title)
		}
		_ = client.Close()
	}
}
