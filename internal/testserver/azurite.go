package testserver

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/golang-jwt/jwt/v5"

	"rotunda/internal/needed"
	"rotunda/internal/standin/ca"
)

// Azurite is Microsoft's emulator of a storage account.
type Azurite struct {
	URL    string // of the blob service
	Client *http.Client
}

// Credential returns tokens in the form that Azurite accepts. Azurite does not check signatures.
func (*Azurite) Credential() azcore.TokenCredential { return unsigned{} }

type unsigned struct{}

func (unsigned) GetToken(_ context.Context, options policy.TokenRequestOptions) (azcore.AccessToken, error) {
	if len(options.Scopes) != 1 || options.Scopes[0] != "https://storage.azure.com/.default" {
		return azcore.AccessToken{}, errors.New("another scope")
	}
	now := time.Now()
	claims := jwt.MapClaims{
		"aud": "https://storage.azure.com", "iss": "https://sts.windows.net/ab1f708d-50f6-404c-a006-d71b2ac7a606/",
		"iat": now.Add(-time.Minute).Unix(), "nbf": now.Add(-time.Minute).Unix(), "exp": now.Add(time.Hour).Unix(),
	}
	signed, err := jwt.NewWithClaims(jwt.SigningMethodHS256, claims).SignedString([]byte("not checked"))
	return azcore.AccessToken{Token: signed, ExpiresOn: now.Add(time.Hour)}, err
}

// StartAzurite starts an emulator in memory, which ends with the test. azurite is the folder with
// its node_modules, from the test's own.
func StartAzurite(t testing.TB, azurite string) *Azurite {
	t.Helper()
	node, script := findAzurite(t, azurite)
	certificate, key, trust := certificates(t)
	command := exec.Command(node, script, "--blobPort", "0", "--cert", certificate, "--key", key, "--oauth", "basic",
		"--inMemoryPersistence", "--skipApiVersionCheck", "--disableTelemetry", "--silent")
	command.Dir = t.TempDir()
	var said bytes.Buffer
	command.Stderr = &said
	out, err := command.StdoutPipe()
	if err := errors.Join(err, command.Start()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = command.Process.Kill()
		_ = command.Wait()
	})
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: trust}}
	t.Cleanup(transport.CloseIdleConnections)
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if found := regexp.MustCompile(`listens on (https://\S+)`).FindStringSubmatch(lines.Text()); found != nil {
			return &Azurite{URL: found[1] + "/devstoreaccount1", Client: &http.Client{Transport: transport}}
		}
	}
	_ = command.Wait()
	t.Fatalf("Azurite ended before it listened: %s", said.Bytes())
	return nil
}

// findAzurite skips the test if Azurite is not installed, except in CI, where the test must run.
func findAzurite(t testing.TB, azurite string) (node, script string) {
	t.Helper()
	script, err := filepath.Abs(filepath.Join(azurite, "node_modules", "azurite", "dist", "src", "blob", "main.js"))
	if err == nil {
		_, err = os.Stat(script)
	}
	if err == nil {
		node, err = exec.LookPath("node")
	}
	if err == nil {
		return node, script
	}
	const remedy = "Azurite needs Node 20 and its packages: `make setup` installs them"
	needed.Missing(t, "%s (%v)", remedy, err)
	return "", ""
}

// certificates writes a certificate for 127.0.0.1 and its key, and returns the CA to
// trust.
func certificates(t testing.TB) (certificate, key string, trust *x509.CertPool) {
	t.Helper()
	signer, err := ca.New()
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := signer.Certificate("127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(leaf.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	write := func(name, kind string, der []byte) string {
		file := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	return write("certificate.pem", "CERTIFICATE", leaf.Certificate[0]), write("key.pem", "PRIVATE KEY", private), signer.Pool()
}
