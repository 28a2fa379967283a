package mysql

import (
	"strings"
	"testing"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/rotatortest"
	"rotunda/internal/secret"
	"rotunda/internal/testserver"
)

// withTwins creates accounts of one name for other hosts, which have the given passwords.
func withTwins(t *testing.T, server *testserver.MariaDB, app account, passwords map[string]string) {
	t.Helper()
	for host, password := range passwords {
		server.Exec(t, "SET SESSION sql_mode = 'NO_BACKSLASH_ESCAPES'", "CREATE USER "+account{app.user, host}.sql()+" IDENTIFIED BY "+quote(password))
	}
}

func TestAccountsOfOneNameAndPasswordChangeTogether(t *testing.T) {
	for _, class := range []string{"O", "S"} {
		server := testserver.SharedMariaDB(t)
		s, app := newAccount(t, server, "")
		s.Tags[rotation.TagClass] = class
		withTwins(t, server, app, map[string]string{"10.9.9.9": oldPassword, "10.8.8.8": "canary-others"})
		passCheck(t, s)
		rotatortest.Apply(t, Rotator{}, s, newPassword)
		s.Current = secret.NewValue(newPassword)
		rotatortest.Retire(t, Rotator{}, s, oldPassword)
		wantIdentified(t, server, app, "BY PASSWORD '"+native(newPassword)+"'")
		wantIdentified(t, server, account{app.user, "10.9.9.9"}, "BY PASSWORD '"+native(newPassword)+"'")
		wantIdentified(t, server, account{app.user, "10.8.8.8"}, "BY PASSWORD '"+native("canary-others")+"'")
		rotatortest.WantVerdict(t, Rotator{}, s, oldPassword, rotation.Rejected)
	}
}

func TestAHostThatLeavesATwinBehind(t *testing.T) {
	server := testserver.SharedMariaDB(t)
	s, app := newAccount(t, server, "")
	withTwins(t, server, app, map[string]string{"10.9.9.9": oldPassword})
	s.CredentialID = app.user + "@%"
	failCheck(t, s, "Remove the host")
	s.CredentialID = app.user + "@10.9.9.9"
	failCheck(t, s, "another account than", "Remove the host")
}

func TestTheServerKnowsWhichAccountItIs(t *testing.T) {
	server := testserver.SharedMariaDB(t)
	s, app := newAccount(t, server, "")
	server.Exec(t, "SET SESSION sql_mode = 'NO_BACKSLASH_ESCAPES'", "RENAME USER "+app.sql()+" TO "+account{app.user, "127.0.0.1"}.sql())
	withTwins(t, server, app, map[string]string{"%": "canary-others"})
	passCheck(t, s)
	rotatortest.Apply(t, Rotator{}, s, newPassword)
	rotatortest.WantVerdict(t, Rotator{}, s, newPassword, rotation.Accepted)
	wantIdentified(t, server, app, "BY PASSWORD '"+native("canary-others")+"'")
}

func TestTheAccountThatTheServerChoseHasAnotherPlugin(t *testing.T) {
	server := testserver.StartMariaDB(t, "plugin-load-add=auth_ed25519")
	s, app := newAccount(t, server, "")
	server.Exec(t, "SET SESSION sql_mode = 'NO_BACKSLASH_ESCAPES'", "CREATE USER "+account{app.user, "127.0.0.1"}.sql()+" IDENTIFIED VIA ed25519 USING PASSWORD("+quote(oldPassword)+")")
	failCheck(t, s, "ed25519")
	server.Exec(t, "SET SESSION sql_mode = 'NO_BACKSLASH_ESCAPES'", "DROP USER "+account{app.user, "127.0.0.1"}.sql(),
		"CREATE USER ''@'127.0.0.1' IDENTIFIED BY "+quote(oldPassword))
	failCheck(t, s, "as another user", "the login") // the administrator, too
}

func TestNoAccountOfTheNameHasThePassword(t *testing.T) {
	server := testserver.SharedMariaDB(t)
	s, app := newAccount(t, server, "")
	withTwins(t, server, app, map[string]string{"10.9.9.9": "canary-others"})
	s.Current = secret.NewValue("canary-forgotten")
	rotatortest.RefuseApply(t, Rotator{}, s, newPassword, "none has the secret's password")
	s.CredentialID = app.user + "@%" // then it is clear which one, as after a crash of the server
	rotatortest.Apply(t, Rotator{}, s, newPassword)
}

func TestCausesHaveNames(t *testing.T) {
	server := testserver.SharedMariaDB(t)
	s, app := newAccount(t, server, "")
	change := func(what string) {
		t.Helper()
		server.Exec(t, "SET SESSION sql_mode = 'NO_BACKSLASH_ESCAPES'", "ALTER USER "+app.sql()+" "+what)
	}
	encrypted := s.Address
	change("ACCOUNT LOCK")
	wantCause(t, s, "account is locked")
	change("REQUIRE SSL ACCOUNT UNLOCK")
	s.Address, _, _ = strings.Cut(encrypted, "?")
	s.Address += "?sslmode=disable"
	wantCause(t, s, "REQUIRE SSL, and the tag")
	self := s
	self.Admin, self.Tags = secret.Value{}, map[string]string{rotation.TagClass: "S"}
	wantCause(t, self, "the account requires TLS")
	s.Address = encrypted
	change("REQUIRE X509")
	wantCause(t, s, "client certificate")
	change("REQUIRE NONE")
	server.Exec(t, "SET SESSION sql_mode = 'NO_BACKSLASH_ESCAPES'", "RENAME USER "+app.sql()+" TO "+account{app.user, "10.9.9.9"}.sql())
	wantCause(t, s, "other hosts")
	server.Exec(t, "SET SESSION sql_mode = 'NO_BACKSLASH_ESCAPES'", "DROP USER "+account{app.user, "10.9.9.9"}.sql())
	wantCause(t, s, "no account named")
}

func TestLimitsHaveNames(t *testing.T) {
	server := testserver.SharedMariaDB(t)
	s, app := newAccount(t, server, "WITH MAX_USER_CONNECTIONS 1")
	busy := server.Connect(t, app.user, oldPassword)
	rotatortest.Must(t, busy.PingContext(t.Context()))
	verdict, err := Rotator{}.Probe(t.Context(), s, s.Current)
	fault := rotatortest.Fault(t, err)
	if verdict != rotation.Unknown || fault.Permanent || !strings.Contains(fault.Reason, "1226") {
		t.Errorf("%v, %v", verdict, fault)
	}
}
