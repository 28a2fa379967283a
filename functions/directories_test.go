package functions_test

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"

	"rotunda/internal/testserver"
	"rotunda/internal/wiretest"
)

// The key of a user overlaps with the next one, and is refused by sshd once it is retired. The
// engine proves both by logging in.
func TestAnSSHKeyIsRotatedAndRetired(t *testing.T) {
	app := wiretest.Start(t, wiretest.Options{})
	server := testserver.StartSSHD(t)
	private, public := sshKey(t)
	if err := os.WriteFile(server.Keys, []byte("# kept\n"+public), 0o600); err != nil {
		t.Fatal(err)
	}
	setTagged(t, app, "deploy-key", private, map[string]string{
		"ProviderAddress": "ssh://" + server.Addr, "CredentialId": server.User, "SshHostKey": server.HostKeys[0], "ValidityPeriodDays": "60",
	})
	must(t, app, "/secrets/deploy-key/rotate?dryRun=true", http.StatusOK, `"ready":true`)
	must(t, app, "/secrets/deploy-key/rotate?wait=true", http.StatusOK, `"retiring"`)
	if keys := sshKeys(t, server); len(keys) != 3 || keys[1]+"\n" != public {
		t.Errorf("%q", keys)
	}
	must(t, app, "/secrets/deploy-key/rotation/retire", http.StatusOK, `"closed"`)
	if keys := sshKeys(t, server); len(keys) != 2 || keys[0] != "# kept" || !strings.HasSuffix(keys[1], "/deploy-key") {
		t.Errorf("%q", keys)
	}
	must(t, app, "/secrets/deploy-key/rotate?retire=now&wait=true", http.StatusOK, `"closed"`)
	if keys := sshKeys(t, server); len(keys) != 2 || valueOf(t, app, "deploy-key") == private {
		t.Errorf("%q", keys)
	}
}

func sshKey(t *testing.T) (private, public string) {
	t.Helper()
	_, raw, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	block, err := ssh.MarshalPrivateKey(raw, "")
	if err != nil {
		t.Fatal(err)
	}
	signer, err := ssh.NewSignerFromKey(raw)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(block)), string(ssh.MarshalAuthorizedKey(signer.PublicKey()))
}

func sshKeys(t *testing.T, server *testserver.SSHD) []string {
	t.Helper()
	text, err := os.ReadFile(server.Keys)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
}

// Active Directory accepts the replaced password for an hour: the rotation closes, and says so.
func TestAnAccountOfActiveDirectoryIsRotated(t *testing.T) {
	server := testserver.StartSamba(t)
	app := wiretest.Start(t, wiretest.Options{Env: []string{"ROTATION_CA_FOLDER=" + filepath.Dir(server.Roots)}})
	server.AddUser(t, "app", "canary-Old-1")
	server.AddUser(t, "guest2", "canary-Old-1")
	const admin = "keeper"
	setTagged(t, app, admin, `{"username":"`+server.Admin+`","password":"`+server.Password+`"}`, map[string]string{"AdminFor": "ldaps://" + server.Host})
	tags := map[string]string{
		"ProviderAddress": "ldaps://" + server.Host + "?sslrootcert=roots.pem", "CredentialId": `CORP\app`, "AdminSecret": admin, "ValidityPeriodDays": "30",
	}
	setTagged(t, app, "app", "canary-Old-1", tags)
	must(t, app, "/secrets/app/rotate?dryRun=true", http.StatusOK, `"ready":true`)
	must(t, app, "/secrets/app/rotate?wait=true", http.StatusOK, "may accept the old credential until about")
	if got := app.Do(t, http.MethodGet, "/secrets/app/rotation", ""); !strings.Contains(got.Body, `"closed"`) {
		t.Error(got)
	}
	setTagged(t, app, "twin", valueOf(t, app, "app"), map[string]string{
		"ProviderAddress": "ldap://" + server.Host + "?sslrootcert=roots.pem", "CredentialId": "app@corp.example.com", "ValidityPeriodDays": "30",
	})
	must(t, app, "/secrets/twin/rotate?dryRun=true", http.StatusOK, "The login belongs to the secret contoso.vault.azure.net/app")
	tags["CredentialId"] = `CORP\guest2`
	setTagged(t, app, "guest2", "canary-guessed", tags)
	must(t, app, "/secrets/guest2/rotate?dryRun=true", http.StatusOK, `"ready":false`)
}
