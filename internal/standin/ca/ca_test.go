package ca_test

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"rotunda/internal/standin/ca"
)

func TestCertificatesAreTrustedForTheirHostsOnly(t *testing.T) {
	a := newCA(t)
	certificate := leaf(t, a, "*.vault.azure.net", "localhost", "127.0.0.1", "::1")
	for _, test := range []struct {
		host    string
		trusted bool
	}{
		{"contoso.vault.azure.net", true},
		{"CONTOSO.vault.azure.net", true},
		{"localhost", true},
		{"127.0.0.1", true},
		{"::1", true},
		{"vault.azure.net", false},
		{"a.b.vault.azure.net", false},
		{"contoso.vault.azure.cn", false},
		{"127.0.0.2", false},
	} {
		_, err := certificate.Verify(x509.VerifyOptions{DNSName: test.host, Roots: a.Pool()})
		if trusted := err == nil; trusted != test.trusted {
			t.Errorf("%s is trusted: %v, want %v (%v)", test.host, trusted, test.trusted, err)
		}
	}
}

func TestAnotherCAIsNotTrusted(t *testing.T) {
	certificate := leaf(t, newCA(t), "localhost")
	_, err := certificate.Verify(x509.VerifyOptions{DNSName: "localhost", Roots: newCA(t).Pool()})
	if err == nil {
		t.Error("a certificate signed by one CA was trusted through another")
	}
}

func TestAServersCertificateCannotSign(t *testing.T) {
	if certificate := leaf(t, newCA(t), "localhost"); certificate.IsCA || certificate.KeyUsage&x509.KeyUsageCertSign != 0 {
		t.Error("a server's certificate may sign others")
	}
}

func TestNoHostIsAnError(t *testing.T) {
	if _, err := newCA(t).Certificate(); err == nil {
		t.Error("a certificate for no host was made")
	}
}

func TestAClientThatReadsTheFileConnects(t *testing.T) {
	a := newCA(t)
	server := serve(t, a)
	response, err := clientWithFile(t, write(t, a)).Get(server)
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
	if response.StatusCode != http.StatusNoContent {
		t.Errorf("the server returned %d, want 204", response.StatusCode)
	}
}

func TestWritingReplacesTheFileAndLeavesNothingElse(t *testing.T) {
	first := newCA(t)
	file := write(t, first)
	second := newCA(t)
	if err := second.WriteFile(file); err != nil {
		t.Fatal(err)
	}
	found, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(found, second.PEM()) {
		t.Error("the file does not hold the second CA")
	}
	if entries, _ := os.ReadDir(filepath.Dir(file)); len(entries) != 1 {
		t.Errorf("the folder holds %d files, want 1: %v", len(entries), entries)
	}
}

func TestWritingToAMissingFolderIsAnError(t *testing.T) {
	if err := newCA(t).WriteFile(filepath.Join(t.TempDir(), "missing", "ca.pem")); err == nil {
		t.Error("writing to a folder that does not exist succeeded")
	}
}

func newCA(t *testing.T) *ca.CA {
	t.Helper()
	a, err := ca.New()
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func leaf(t *testing.T, a *ca.CA, hosts ...string) *x509.Certificate {
	t.Helper()
	certificate, err := a.Certificate(hosts...)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(certificate.Certificate[0])
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

func write(t *testing.T, a *ca.CA) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "ca.pem")
	if err := a.WriteFile(file); err != nil {
		t.Fatal(err)
	}
	return file
}

// serve returns 204 at https://localhost.
func serve(t *testing.T, a *ca.CA) string {
	t.Helper()
	certificate, err := a.Certificate("localhost")
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusNoContent)
	}))
	server.TLS = &tls.Config{Certificates: []tls.Certificate{certificate}}
	server.StartTLS()
	t.Cleanup(server.Close)
	_, port, err := net.SplitHostPort(server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return "https://localhost:" + port
}

func clientWithFile(t *testing.T, file string) *http.Client {
	t.Helper()
	pem, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		t.Fatalf("%s holds no certificate", file)
	}
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}
