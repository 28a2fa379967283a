package lease_test

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
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	azlease "github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/lease"
	"github.com/golang-jwt/jwt/v5"

	"rotunda/internal/lease"
	"rotunda/internal/rotation"
	"rotunda/internal/standin/ca"
)

// TestAzurite runs Blob against Microsoft's emulator.
func TestAzurite(t *testing.T) {
	url, client := startAzurite(t)
	worker := func(container string) *lease.Blob {
		blob, err := lease.NewBlob(lease.BlobOptions{ServiceURL: url, Container: container, Credential: identity{}, Transport: client, Vault: "contoso"})
		if err != nil {
			t.Fatal(err)
		}
		return blob
	}
	t.Run("OneAtATime", func(t *testing.T) {
		one, other := worker("one"), worker("one")
		_, release := lock(t, one, "Db")
		if _, _, err := other.Lock(t.Context(), "db"); !errors.Is(err, rotation.ErrLocked) {
			t.Errorf("while another has the lock: %v", err)
		}
		_, releaseOther := lock(t, other, "db-2")
		releaseOther()
		release()
		_, release = lock(t, other, "db")
		release()
	})
	t.Run("OneOfManyAtOnceThoughNothingIsThere", func(t *testing.T) {
		if won := race(t, worker("two")); won != 1 {
			t.Errorf("%d have the lock", won)
		}
	})
	t.Run("Notes", func(t *testing.T) { testNotes(t, worker("one")) })
	t.Run("ALeaseIsRenewedUntilItIsTakenAway", func(t *testing.T) { takenAway(t, worker("three")) })
}

func race(t *testing.T, blob *lease.Blob) int32 {
	t.Helper()
	var won atomic.Int32
	var workers sync.WaitGroup
	for range 12 {
		workers.Go(func() {
			_, release, err := blob.Lock(t.Context(), "db")
			if err == nil {
				won.Add(1)
				t.Cleanup(release)
			} else if !errors.Is(err, rotation.ErrLocked) {
				t.Error(err)
			}
		})
	}
	workers.Wait()
	return won.Load()
}

func takenAway(t *testing.T, blob *lease.Blob) {
	t.Helper()
	const path = "rot/contoso/db"
	mine, err := blob.Acquire(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	if err := lease.RenewOnce(t.Context(), mine); err != nil {
		t.Errorf("the first renewal: %v", err)
	}
	if _, err := mine.BreakLease(t.Context(), &azlease.BlobBreakOptions{BreakPeriod: new(int32)}); err != nil {
		t.Fatal(err)
	}
	if err := lease.RenewOnce(t.Context(), mine); !lease.IsGone(err) {
		t.Errorf("after it was broken: %v", err)
	}
	if _, err := blob.Acquire(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	if err := lease.RenewOnce(t.Context(), mine); !lease.IsGone(err) {
		t.Errorf("after somebody else took it: %v", err)
	}
}

// identity returns tokens in the form that Azurite accepts. Azurite does not check signatures.
type identity struct{}

func (identity) GetToken(_ context.Context, options policy.TokenRequestOptions) (azcore.AccessToken, error) {
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

func startAzurite(t *testing.T) (url string, client *http.Client) {
	t.Helper()
	node, script := findAzurite(t)
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
			return found[1] + "/devstoreaccount1", &http.Client{Transport: transport}
		}
	}
	_ = command.Wait()
	t.Fatalf("Azurite ended before it listened: %s", said.Bytes())
	return "", nil
}

// findAzurite skips the test if Azurite is not installed, except in CI, where the test must run.
func findAzurite(t *testing.T) (node, script string) {
	t.Helper()
	script, err := filepath.Abs(filepath.Join("azurite", "node_modules", "azurite", "dist", "src", "blob", "main.js"))
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
	if os.Getenv("CI") == "true" {
		t.Fatalf("%s (%v)", remedy, err)
	}
	t.Skipf("skipped: %s (%v)", remedy, err)
	return "", ""
}

// certificates writes a certificate for 127.0.0.1 and its key, and returns the CA to
// trust.
func certificates(t *testing.T) (certificate, key string, trust *x509.CertPool) {
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
