package ldap

import (
	"strings"
	"testing"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/rotatortest"
	"rotunda/internal/secret"
	"rotunda/internal/testserver"
)

func wantFault(t *testing.T, err error, text string) {
	t.Helper()
	if fault := rotatortest.Fault(t, err); fault == nil || !strings.Contains(fault.Reason, text) {
		t.Errorf("%v does not contain %q", err, text)
	}
}

// failCheck checks, which must report each of some texts.
func failCheck(t *testing.T, s rotation.Subject, texts ...string) {
	t.Helper()
	_, err := Rotator{}.Check(t.Context(), s)
	_ = rotatortest.Fault(t, err)
	if err == nil || strings.Count(err.Error(), "\n") != len(texts)-1 {
		t.Fatalf("not %d faults: %v", len(texts), err)
	}
	for _, text := range texts {
		if !strings.Contains(err.Error(), text) {
			t.Errorf("%v does not contain %q", err, text)
		}
	}
}

func snapshot(t *testing.T, server *testserver.Slapd) string {
	t.Helper()
	return strings.Join(append(server.Values(t, app, userPassword), server.Values(t, app, "entryCSN")...), " ")
}

func TestACheckChangesNothing(t *testing.T) {
	server, s := start(t, testserver.SlapdOptions{Access: rotatorMay})
	before := snapshot(t, server)
	for _, class := range []rotation.Class{rotation.Overlap, rotation.Single} {
		for _, s := range []rotation.Subject{s, byRotator(s)} {
			warnings, err := Rotator{}.Check(t.Context(), inClass(s, class))
			if err != nil || len(warnings) > 0 {
				t.Errorf("%v, %v", warnings, err)
			}
		}
	}
	if after := snapshot(t, server); after != before {
		t.Errorf("%s became %s", before, after)
	}
}

func TestRightsThatAreMissingAreReported(t *testing.T) {
	_, s := start(t, testserver.SlapdOptions{Access: []string{
		`access to attrs=userPassword by dn.exact="` + rotator + `" =w by self read by anonymous auth by * none`,
	}})
	failCheck(t, s, "does not permit changing the password")
	failCheck(t, inClass(s, rotation.Single), "does not permit changing the password")
	failCheck(t, byRotator(s), "does not show the stored passwords")
	warnings, err := Rotator{}.Check(t.Context(), inClass(byRotator(s), rotation.Single))
	if err != nil || len(warnings) != 1 || !strings.Contains(warnings[0], "description") {
		t.Errorf("%v, %v", warnings, err)
	}
	rotatortest.RefuseApply(t, Rotator{}, s, newPassword, "does not permit changing the password")
}

func TestAnEntryThatIsHidden(t *testing.T) {
	_, s := start(t, testserver.SlapdOptions{Access: []string{`access to dn.exact="` + app + `" by anonymous auth by * none`}})
	failCheck(t, s, "does not show the stored passwords", "result 50")
}

func TestAPasswordThatCantBeRecognisedIsFoundBefore(t *testing.T) {
	server, s := start(t, testserver.SlapdOptions{})
	server.Replace(t, app, userPassword, "{CRYPT}"+cryptOfOld)
	rotatortest.WantVerdict(t, Rotator{}, s, oldPassword, rotation.Accepted)
	failCheck(t, s, "{CRYPT} or {ARGON2}")
}

// cryptOfOld is oldPassword: openssl passwd -6 -salt canary canary-old-1.
const cryptOfOld = "$6$canary$xae/duJgj1nOltBbFGXy2hMTKxrWOvQ9N44mda7T2Pvgitm/c31u5YGiD/7Uod8F6X.h24gqyS6f.I4mqg9kB."

func TestPasswordPolicies(t *testing.T) {
	server, s := start(t, testserver.SlapdOptions{Access: rotatorMay, Policy: []string{"pwdCheckQuality: 2", "pwdMinLength: 20", "pwdInHistory: 5", "pwdMaxFailure: 3", "pwdLockout: TRUE"}})
	failCheck(t, s, "refuses a hash")
	rotatortest.RefuseApply(t, Rotator{}, s, newPassword, "refuses a hash")
	single := inClass(s, rotation.Single)
	_, err := Rotator{}.Check(t.Context(), single)
	rotatortest.Must(t, err)
	single.Tags[rotation.TagPasswordLength] = "19"
	failCheck(t, single, "refuses the password for its length")
	err = Rotator{}.Apply(t.Context(), single, secret.NewValue(newPassword), rotatortest.Unfenced)
	if policy := rotation.PolicyOf(err); !strings.Contains(policy, "pwdMinLength") {
		t.Errorf("%v", err)
	}
	rotatortest.Apply(t, Rotator{}, byRotator(single), newPassword+newPassword)
	rotatortest.Apply(t, Rotator{}, byRotator(single), newPassword+newPassword) // again, though it is in the history
	single.Current = secret.NewValue(newPassword + newPassword)
	server.Replace(t, "cn=policy,"+testserver.Suffix, "pwdMinAge", "3600")
	failCheck(t, single, "another change so soon")
	server.Replace(t, "cn=policy,"+testserver.Suffix, "pwdAllowUserChange", "FALSE")
	failCheck(t, single, "AdminSecret")
}

// Accounts that are locked, or have to change their password, are no wrong passwords.
func TestWhyALoginOfOpenLDAPFails(t *testing.T) {
	server, s := start(t, testserver.SlapdOptions{Policy: []string{"pwdMaxFailure: 3", "pwdLockout: TRUE", "pwdMustChange: TRUE"}})
	for range 3 {
		rotatortest.WantVerdict(t, Rotator{}, s, newPassword, rotation.Rejected)
	}
	wantUnknown(t, s, "locked")
	server.Replace(t, app, "pwdAccountLockedTime")
	rotatortest.WantVerdict(t, Rotator{}, s, oldPassword, rotation.Accepted)
	server.Replace(t, app, "pwdReset", "TRUE")
	wantUnknown(t, s, "change its password")
	s.CredentialID = "uid=nobody," + testserver.Suffix
	rotatortest.WantVerdict(t, Rotator{}, s, oldPassword, rotation.Rejected)
}

func TestANameOfActiveDirectoryElsewhere(t *testing.T) {
	_, s := start(t, testserver.SlapdOptions{})
	target := target{name: "app@corp.example.com", class: rotation.Single}
	rotatortest.WantPermanent(t, target.checkClass(directory{openLDAP: true, modifyPasswords: true}), "must be a distinguished name")
	s.CredentialID = "app@corp.example.com"
	wantUnknown(t, s, "CredentialId") // slapd does not know the form
}

func TestALoginThatIsRejectedChangesNothing(t *testing.T) {
	_, s := start(t, testserver.SlapdOptions{})
	s.Current = secret.NewValue("canary-wrong")
	for _, s := range []rotation.Subject{s, inClass(s, rotation.Single)} {
		failCheck(t, s, "rejects the login")
		rotatortest.RefuseApply(t, Rotator{}, s, newPassword, "rejects the login")
		_, err := Rotator{}.Locate(t.Context(), s)
		wantFault(t, err, "rejects the login")
	}
	wantFault(t, Rotator{}.Retire(t.Context(), s, secret.NewValue(oldPassword), rotatortest.Unfenced), "rejects the login")
}

func TestConnectionsThatCantBe(t *testing.T) {
	server, s := start(t, testserver.SlapdOptions{TLS: []string{"security simple_bind=128"}})
	for address, text := range map[string]string{
		"ldap://" + server.Addr:                                  "not from a trusted authority",
		"ldaps://" + server.TLSAddr:                              "not from a trusted authority",
		"ldap://" + server.Addr + "?sslmode=disable":             "requires TLS",
		"ldap://" + server.TLSAddr + "?sslmode=disable":          "needs ldaps://",
		"ldaps://" + server.Addr:                                 "needs ldaps://",
		"ldaps://" + server.TLSAddr + "?sslrootcert=nowhere.pem": "can't be read",
		"ldap://127.0.0.1:1":                                     "can't be reached",
	} {
		s.Address = address
		verdict, err := Rotator{}.Probe(t.Context(), s, s.Current)
		if wantFault(t, err, text); verdict != rotation.Unknown {
			t.Errorf("%s: %v", address, verdict)
		}
	}
	s.Address = "ldaps://" + server.TLSAddr + "?sslrootcert=roots.pem&sslmode=verify-ca"
	rotatortest.WantVerdict(t, Rotator{}, s, oldPassword, rotation.Accepted)
}

// Class S takes the passwords that others have set, too.
func TestSeveralPasswordsAreToldBeforeClassSReplacesThem(t *testing.T) {
	server, s := start(t, testserver.SlapdOptions{Access: rotatorMay})
	server.Replace(t, app, userPassword, oldPassword, "canary-of-another-3")
	s = inClass(byRotator(s), rotation.Single)
	warnings, err := Rotator{}.Check(t.Context(), s)
	if err != nil || len(warnings) != 1 || !strings.Contains(warnings[0], "replaces all of them") {
		t.Errorf("%v, %v", warnings, err)
	}
	rotatortest.Apply(t, Rotator{}, s, newPassword)
	rotatortest.WantVerdict(t, Rotator{}, s, "canary-of-another-3", rotation.Rejected)
}
