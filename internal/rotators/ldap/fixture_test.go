package ldap

import (
	"fmt"
	"testing"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/rotatortest"
	"rotunda/internal/secret"
	"rotunda/internal/testserver"
)

const (
	oldPassword = "canary-old-1"
	newPassword = "canary-new-2"
	owner       = "contoso.vault.azure.net/app-ldap"
	app         = "uid=app," + testserver.Suffix
	rotator     = "cn=rotator," + testserver.Suffix
)

// rotatorMay lets the login rotator change passwords and marks, as docs/rotators.md asks for.
var rotatorMay = []string{
	`access to attrs=userPassword by dn.exact="` + rotator + `" write by self write by anonymous auth by * none`,
	`access to attrs=description by dn.exact="` + rotator + `" write by * read`,
}

// start starts a server with the login app, and returns the secret that rotates it by itself.
func start(t *testing.T, options testserver.SlapdOptions) (*testserver.Slapd, rotation.Subject) {
	t.Helper()
	server := testserver.StartSlapd(t, options)
	server.AddPerson(t, "app", oldPassword)
	server.Add(t, rotator, "objectClass: organizationalRole", "objectClass: simpleSecurityObject", "cn: rotator", "userPassword: canary-rotator")
	return server, rotation.Subject{
		Name: "app-ldap", Owner: owner, Address: "ldap://" + server.Addr + "?sslrootcert=roots.pem", Trust: rotatortest.Trust(server.Roots),
		CredentialID: app, Current: secret.NewValue(oldPassword),
	}
}

// byRotator returns the secret with an administrator.
func byRotator(s rotation.Subject) rotation.Subject {
	s.Admin = secret.NewValue(fmt.Sprintf(`{"username":%q,"password":"canary-rotator"}`, rotator))
	return s
}

func inClass(s rotation.Subject, class rotation.Class) rotation.Subject {
	s.Tags = map[string]string{rotation.TagClass: string(class)}
	return s
}

// wantUnknown probes the current value, which must give no verdict and a fault with a text.
func wantUnknown(t *testing.T, s rotation.Subject, text string) {
	t.Helper()
	verdict, err := Rotator{}.Probe(t.Context(), s, s.Current)
	wantFault(t, err, text)
	if verdict != rotation.Unknown {
		t.Errorf("got %v", verdict)
	}
}
