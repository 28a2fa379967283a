package ldap

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/rotatortest"
	"rotunda/internal/secret"
	"rotunda/internal/testserver"
)

// Active Directory asks for three kinds of characters.
const (
	oldDomainPassword = "canary-Old-1"
	newDomainPassword = "canary-New-2"
)

// account creates an account, and returns the secret that rotates it by itself.
func account(t *testing.T, name string) (*testserver.Samba, string, rotation.Subject) {
	t.Helper()
	server := testserver.SharedSamba(t)
	server.Replace(t, testserver.Domain, "minPwdAge", "0")
	dn := server.AddUser(t, name, oldDomainPassword)
	return server, dn, rotation.Subject{
		Name: name, Owner: owner, Address: "ldaps://" + server.Host + "?sslrootcert=roots.pem", Trust: rotatortest.Trust(server.Roots),
		CredentialID: name + "@corp.example.com", Current: secret.NewValue(oldDomainPassword),
	}
}

func byAdministrator(server *testserver.Samba, s rotation.Subject) rotation.Subject {
	s.Admin = secret.NewValue(fmt.Sprintf(`{"username":%q,"password":%q}`, server.Admin, server.Password))
	return s
}

func TestAnAccountOfActiveDirectory(t *testing.T) {
	for i, name := range []string{`%s@corp.example.com`, `CORP\%s`} {
		for by, as := range map[string]func(*testserver.Samba, rotation.Subject) rotation.Subject{
			"itself": func(_ *testserver.Samba, s rotation.Subject) rotation.Subject { return s }, "an-administrator": byAdministrator,
		} {
			t.Run(fmt.Sprintf(name, by), func(t *testing.T) {
				user := fmt.Sprint("app", i, by)
				if len(user) > 20 {
					user = user[:20]
				}
				server, dn, s := account(t, user)
				s = as(server, s)
				s.CredentialID = fmt.Sprintf(name, user)
				_, err := Rotator{}.Check(t.Context(), s)
				rotatortest.Must(t, err)
				rotatortest.Apply(t, Rotator{}, s, newDomainPassword)
				rotatortest.WantVerdict(t, Rotator{}, s, newDomainPassword, rotation.Accepted)
				rotatortest.WantVerdict(t, Rotator{}, s, "canary-Other-3", rotation.Rejected)
				rotatortest.WantVerdict(t, Rotator{}, s, oldDomainPassword, rotation.Accepted) // for an hour
				if s.Admin.IsSet() {
					rotatortest.Apply(t, Rotator{}, s, newDomainPassword)
				}
				s.Current = secret.NewValue(newDomainPassword)
				rotatortest.Apply(t, Rotator{}, s, "canary-Third-3")
				rotatortest.WantVerdict(t, Rotator{}, s, oldDomainPassword, rotation.Rejected) // it is the last but one
				if marked := slices.Contains(server.Values(t, dn, "extensionName"), markPrefix+owner); marked != s.Admin.IsSet() {
					t.Errorf("marked: %v", marked)
				}
			})
		}
	}
}

func TestADistinguishedNameInActiveDirectory(t *testing.T) {
	_, dn, s := account(t, "named")
	s.CredentialID = dn
	for _, class := range []rotation.Class{rotation.Overlap, rotation.Single} {
		failCheck(t, inClass(s, class), "where an account has one password")
		rotatortest.RefuseApply(t, Rotator{}, inClass(s, class), newDomainPassword, "where an account has one password")
	}
}

func TestThePolicyOfActiveDirectory(t *testing.T) {
	server, _, s := account(t, "policy")
	for _, s := range []rotation.Subject{s, byAdministrator(server, s)} {
		err := Rotator{}.Apply(t.Context(), s, secret.NewValue("canary-short"), rotatortest.Unfenced) // one kind of characters is missing
		if policy := rotation.PolicyOf(err); !strings.Contains(policy, "Active Directory refuses") {
			t.Errorf("%v", err)
		}
	}
	rotatortest.WantVerdict(t, Rotator{}, s, oldDomainPassword, rotation.Accepted)
}

func TestPasswordsThatExpireBeforeTheSecret(t *testing.T) {
	_, _, s := account(t, "expires") // after 42 days, by default
	s.Tags = map[string]string{rotation.TagInterval: "60"}
	failCheck(t, s, "42 days after they are set")
	s.Tags = map[string]string{rotation.TagInterval: "30"}
	_, err := Rotator{}.Check(t.Context(), s)
	rotatortest.Must(t, err)
}

func TestWhyALoginOfActiveDirectoryFails(t *testing.T) {
	server, dn, s := account(t, "states")
	const normal, disabled = 512, 514
	server.Replace(t, dn, "userAccountControl", strconv.Itoa(disabled))
	wantUnknown(t, s, "disabled")
	server.Replace(t, dn, "userAccountControl", strconv.Itoa(normal))
	server.Replace(t, dn, "pwdLastSet", "0")
	wantUnknown(t, s, "at next logon")
	server.Replace(t, dn, "pwdLastSet", "-1")
	server.Replace(t, dn, "accountExpires", "116444736000000000")
	wantUnknown(t, s, "account has expired")
	server.Replace(t, dn, "accountExpires", "0")
	rotatortest.WantVerdict(t, Rotator{}, s, oldDomainPassword, rotation.Accepted)
	server.Replace(t, testserver.Domain, "lockoutThreshold", "2")
	t.Cleanup(func() { server.Replace(t, testserver.Domain, "lockoutThreshold", "0") })
	for range 2 {
		rotatortest.WantVerdict(t, Rotator{}, s, "canary-Other-3", rotation.Rejected)
	}
	wantUnknown(t, s, "locked")
	s.CredentialID = "nobody@corp.example.com"
	rotatortest.WantVerdict(t, Rotator{}, s, oldDomainPassword, rotation.Rejected)
}

func TestActiveDirectoryNeedsTLS(t *testing.T) {
	server, _, s := account(t, "plain")
	s.Address = "ldap://" + server.Host + "?sslmode=disable"
	wantUnknown(t, s, "requires TLS")
	s.Address = "ldap://" + server.Host + "?sslrootcert=roots.pem"
	rotatortest.WantVerdict(t, Rotator{}, s, oldDomainPassword, rotation.Accepted)
}

// An account has one location, by each of its names.
func TestAnAccountHasOneLocation(t *testing.T) {
	_, _, s := account(t, "located")
	here := rotatortest.Locate(t, Rotator{}, s)
	s.CredentialID = `corp\Located`
	if got := rotatortest.Locate(t, Rotator{}, s); got != here || got.Login == "" {
		t.Errorf("%v, not %v", got, here)
	}
}

// Another domain, which this one trusts, may have an account of the same name.
func TestAnAccountOfAnotherDomain(t *testing.T) {
	server, _, s := account(t, "namesake")
	s = byAdministrator(server, s)
	s.CredentialID = `OTHER\namesake`
	failCheck(t, s, "is not that of the directory")
	rotatortest.RefuseApply(t, Rotator{}, s, newDomainPassword, "is not that of the directory")
	s.CredentialID = `corp\Namesake`
	_, err := Rotator{}.Check(t.Context(), s)
	rotatortest.Must(t, err)
}
