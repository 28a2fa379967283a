package ssh

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"os"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/rotatortest"
	"rotunda/internal/secret"
	"rotunda/internal/testserver"
)

const owner = "contoso.vault.azure.net/deploy-key"

// newKey returns a private key's file, and the line of its public key without options and comment.
func newKey(t testing.TB) (private, public string) {
	t.Helper()
	_, raw, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return fileOf(t, raw)
}

func fileOf(t testing.TB, raw any) (private, public string) {
	t.Helper()
	block, err := ssh.MarshalPrivateKey(raw, "by hand")
	if err != nil {
		t.Fatal(err)
	}
	private = string(pem.EncodeToMemory(block))
	signer, err := ssh.NewSignerFromKey(raw)
	if err != nil {
		t.Fatal(err)
	}
	return private, strings.TrimSuffix(string(ssh.MarshalAuthorizedKey(signer.PublicKey())), "\n")
}

// start starts a server whose user has a key, and returns the secret that rotates it. The line is
// what makeLine makes of the public key.
func start(t *testing.T, file func(public string) string, settings ...string) (*testserver.SSHD, rotation.Subject) {
	t.Helper()
	server := testserver.StartSSHD(t, settings...)
	private, public := newKey(t)
	rotatortest.Must(t, os.WriteFile(server.Keys, []byte(file(public)), 0o640))
	return server, rotation.Subject{
		Name: "deploy-key", Owner: owner, Address: "ssh://" + server.Addr, CredentialID: server.User, Current: secret.NewValue(private),
		Tags: map[string]string{rotation.TagSSHHostKey: server.HostKeys[0]},
	}
}

func plain(public string) string { return public + " deploy@example.com\n" }

func content(t *testing.T, server *testserver.SSHD) string {
	t.Helper()
	text, err := os.ReadFile(server.Keys)
	rotatortest.Must(t, err)
	return string(text)
}

// planned returns the value that a rotation applies.
func planned(t *testing.T, s rotation.Subject) secret.Value {
	t.Helper()
	plan, err := Rotator{}.Plan(s)
	rotatortest.Must(t, err)
	return plan.Next
}

func wantFault(t *testing.T, err error, text string) {
	t.Helper()
	if fault := rotatortest.Fault(t, err); fault == nil || !strings.Contains(fault.Reason, text) {
		t.Errorf("%v does not contain %q", err, text)
	}
}
