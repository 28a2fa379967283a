package sqlserver

import (
	"strings"
	"testing"
	"testing/fstest"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/rotatortest"
	"rotunda/internal/standin/ca"
	"rotunda/internal/standin/tds"
)

func wantUnknown(t *testing.T, s rotation.Subject, text string) {
	t.Helper()
	verdict, err := Rotator{}.Probe(t.Context(), s, s.Current)
	if fault := rotatortest.Fault(t, err); verdict != rotation.Unknown || fault == nil || !strings.Contains(fault.Reason, text) {
		t.Errorf("%v, %v does not contain %q", verdict, err, text)
	}
}

// A login that the server refuses although its password is right is not a wrong credential.
func TestWhatKeepsALoginOut(t *testing.T) {
	app := newApplication(t, ofServer, tds.Options{})
	s := app.single()
	for condition, text := range map[tds.Condition]string{
		tds.MustChange: "MUST_CHANGE", tds.Expired: "has expired", tds.Locked: "UNLOCK", tds.Disabled: "ENABLE",
	} {
		app.Set(app.login, condition)
		wantUnknown(t, s, text)
		probes(t, s, jsonValue(app.login, "canary-wrong"), map[bool]rotation.Verdict{true: rotation.Unknown, false: rotation.Rejected}[condition == tds.Locked])
	}
	app.Set(app.login, tds.Usable)
	s.Address = app.address("nowhere")
	wantUnknown(t, s, "does not exist")
	app.exec(t, "master", "CREATE DATABASE other")
	s.Address = app.address("other")
	wantUnknown(t, s, "has no user in it")
}

func TestWhatAGatewaySays(t *testing.T) {
	number := 0
	app := newApplication(t, ofServer, tds.Options{Failure: func() int { return number }})
	s := app.single()
	for n, text := range map[int]string{
		40615: "firewall", 40914: "virtual network", 47073: "private endpoint", 40532: "knows no such server", 40613: "not available now", 40501: "busy",
		10928: "as many sessions", 18452: "Windows accounts", 976: "primary", 12345: "refused by the server (error 12345)",
	} {
		number = n
		wantUnknown(t, s, text)
		s.Admin = jsonValue(app.keeper, canaryAdmin)
		s.Tags = map[string]string{rotation.TagClass: "S"}
		_, err := Rotator{}.Check(t.Context(), s)
		if fault := rotatortest.Fault(t, err); fault == nil || fault.Permanent || !strings.Contains(fault.Reason, text) {
			t.Errorf("%d: %v", n, err)
		}
	}
}

func TestAFailedLoginIsTriedOnce(t *testing.T) {
	app := newApplication(t, ofServer, tds.Options{})
	s := app.single()
	probes(t, s, jsonValue(app.login, "canary-wrong"), rotation.Rejected)
	if n := app.Failures(app.login); n != 1 {
		t.Errorf("%d failures", n)
	}
	before := app.Accepted()
	probes(t, s, s.Current, rotation.Accepted)
	if n := app.Accepted() - before; n != 1 {
		t.Errorf("%d logins", n)
	}
}

// A dry run reports everything that is wrong.
func TestRightsThatAreMissing(t *testing.T) {
	app := newApplication(t, ofServer, tds.Options{})
	keeper, role := quoteName(app.keeper), quoteName(app.role)
	app.in(t, "REVOKE ALTER ANY USER FROM "+keeper, "REVOKE ALTER ON ROLE::"+role+" FROM "+keeper, "REVOKE ALTER ANY LOGIN FROM "+keeper)
	for _, s := range []rotation.Subject{app.alternating(), app.byAdmin()} {
		_, err := Rotator{}.Check(t.Context(), s)
		for _, statement := range []string{"GRANT ALTER ANY USER TO " + keeper, "GRANT ALTER ANY LOGIN TO " + keeper, "GRANT ALTER ON ROLE::" + role + " TO " + keeper} {
			if needed := s.CredentialID == app.role || !strings.Contains(statement, "ROLE"); needed && (err == nil || !strings.Contains(err.Error(), statement)) {
				t.Errorf("%v does not contain %s", err, statement)
			}
		}
		_ = rotatortest.Fault(t, Rotator{}.Apply(t.Context(), s, plan(t, s).Next, rotatortest.Unfenced))
		probes(t, s, s.Current, rotation.Accepted)
	}
	app.in(t, "GRANT ALTER ANY USER TO "+keeper, "GRANT ALTER ANY LOGIN TO "+keeper)
	rotatortest.RefuseApply(t, Rotator{}, app.alternating(), plan(t, app.alternating()).Next.Reveal(), "ALTER ON ROLE")
	app.in(t, "GRANT ALTER ON ROLE::"+role+" TO "+keeper)
	ready(t, app.alternating())
}

func TestWhatIsWrongWithARole(t *testing.T) {
	app := newApplication(t, ofDatabase, tds.Options{})
	s := app.alternating()
	s.CredentialID = "nobody"
	refuses(t, s, "has no role nobody")
	s.CredentialID = app.login
	refuses(t, s, "which is a user")
	app.exec(t, "master", "ALTER DATABASE "+quoteName(app.database)+" SET READ_ONLY")
	refuses(t, app.alternating(), "must name the primary")
	refuses(t, app.single(), "must name the primary")
}

func TestALoginWithoutAUserCantBeMarked(t *testing.T) {
	app := newApplication(t, ofServer, tds.Options{})
	s := app.byAdmin()
	s.Address = app.address("master")
	app.exec(t, "master", "CREATE USER "+quoteName(app.keeper)+" FOR LOGIN "+quoteName(app.keeper))
	if warnings := ready(t, s); len(warnings) != 1 || !strings.Contains(warnings[0], "can't be marked") {
		t.Error(warnings)
	}
	rotated(t, s)
}

func TestServersCertificates(t *testing.T) {
	app := newApplication(t, ofServer, tds.Options{RequireTLS: true})
	s := app.single()
	strange, err := ca.New()
	rotatortest.Must(t, err)
	s.Trust.CAs = fstest.MapFS{"roots.pem": {Data: strange.PEM()}}
	wantUnknown(t, s, "certificate is not one")
	s = app.single()
	s.Address = strings.Replace(s.Address, "localhost", "127.0.0.1", 1)
	wantUnknown(t, s, "certificate is not one")
	s.Address = strings.Replace(s.Address, "verify-full", "verify-ca", 1)
	probes(t, s, s.Current, rotation.Accepted)
	s.Address = strings.Replace(s.Address, "verify-ca&sslrootcert=roots.pem", "disable", 1)
	wantUnknown(t, s, "requires TLS")
	if n := app.Failures(app.login); n != 0 {
		t.Errorf("%d logins reached a server that was not verified", n)
	}
}

// The gateway of Azure SQL sends clients to other hosts of its domain; nobody else does.
func TestARouteOutOfAzureIsNotFollowed(t *testing.T) {
	elsewhere := newApplication(t, ofServer, tds.Options{})
	app := newApplication(t, ofServer, tds.Options{RouteHost: "localhost", RoutePort: 1433})
	before := elsewhere.Accepted()
	wantUnknown(t, app.single(), "sends its clients to another server")
	if elsewhere.Accepted() != before {
		t.Error("the password went to another server")
	}
}
