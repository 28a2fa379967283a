package mysql

import (
	"testing"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/login"
	"rotunda/internal/rotators/rotatortest"
	"rotunda/internal/secret"
	"rotunda/internal/testserver"
)

func TestACheckPassesAndChangesNothing(t *testing.T) {
	server := testserver.SharedMariaDB(t)
	s, app := newRole(t, server)
	before := everything(t, server)
	passCheck(t, s)
	s.Tags[rotation.TagClass], s.CredentialID = "O", app.user
	passCheck(t, s)
	s.Tags[rotation.TagClass] = "S"
	passCheck(t, s)
	s.Admin = secret.Value{}
	passCheck(t, s)
	if everything(t, server) != before {
		t.Error("the check changed something")
	}
}

func TestACheckListsAllThatIsWrong(t *testing.T) {
	server := testserver.SharedMariaDB(t)
	s, app := newRole(t, server)
	operator := operatorOf(t, s).sql()
	server.Exec(t, "SET SESSION sql_mode = 'NO_BACKSLASH_ESCAPES'", "REVOKE CREATE USER ON *.* FROM "+operator, "REVOKE SELECT ON mysql.roles_mapping FROM "+operator,
		"REVOKE ADMIN OPTION FOR "+quote(s.CredentialID)+" FROM "+operator, "REVOKE "+quote(s.CredentialID)+" FROM "+app.sql(),
		"CREATE USER "+account{s.CredentialID + login.SuffixA, "%"}.sql())
	failCheck(t, s, "does not permit ALTER USER", "reading mysql.roles_mapping", "WITH ADMIN OPTION", "does not have the role")
	server.Exec(t, "REVOKE SELECT ON mysql.global_priv FROM "+operator)
	s.Tags[rotation.TagClass], s.CredentialID = "O", app.user
	failCheck(t, s, "does not permit ALTER USER", "reading mysql.global_priv")
	s.Admin = jsonValue("nobody", "canary-nobody")
	failCheck(t, s, "the login")
}

func TestPluginsThatNoRotationChanges(t *testing.T) {
	server := testserver.StartMariaDB(t, "plugin-load-add=auth_ed25519")
	s, app := newAccount(t, server, "")
	for _, identified := range []string{
		"VIA ed25519 USING PASSWORD(" + quote(oldPassword) + ")",
		"VIA mysql_native_password USING '" + native(oldPassword) + "' OR ed25519 USING PASSWORD(" + quote(oldPassword) + ")",
	} {
		server.Exec(t, "SET SESSION sql_mode = 'NO_BACKSLASH_ESCAPES'", "ALTER USER "+app.sql()+" IDENTIFIED "+identified)
		for _, class := range []string{"O", "S"} {
			s.Tags = map[string]string{rotation.TagClass: class}
			failCheck(t, s, "ed25519")
		}
		self := s
		self.Admin = secret.Value{}
		failCheck(t, self, "ed25519")
	}
}

func TestAnAccountThatMayAlsoUseASocketChangesItself(t *testing.T) {
	s, app := newAccount(t, testserver.SharedMariaDB(t), "IDENTIFIED VIA mysql_native_password USING '"+native(oldPassword)+"' OR unix_socket REQUIRE SSL")
	s.Tags, s.Admin = map[string]string{rotation.TagClass: "S"}, secret.Value{}
	passCheck(t, s)
	rotatortest.Apply(t, Rotator{}, s, newPassword)
	rotatortest.WantVerdict(t, Rotator{}, s, oldPassword, rotation.Rejected)
	server := testserver.SharedMariaDB(t)
	server.Exec(t, "SET SESSION sql_mode = 'NO_BACKSLASH_ESCAPES'", "ALTER USER "+app.sql()+" IDENTIFIED VIA mysql_native_password USING '"+native(oldPassword)+"' OR mysql_native_password USING '"+native(newPassword)+"'")
	failCheck(t, s, "IDENTIFIED VIA")
}

func TestAServerThatAcceptsNoHashes(t *testing.T) {
	server := testserver.StartMariaDB(t, "plugin-load-add=simple_password_check")
	server.Exec(t, "SET GLOBAL strict_password_validation = OFF", "SET GLOBAL simple_password_check_minimal_length = 4",
		"SET GLOBAL simple_password_check_digits = 0", "SET GLOBAL simple_password_check_letters_same_case = 0")
	s, _ := newAccount(t, server, "")
	passCheck(t, s)
	server.Exec(t, "SET GLOBAL strict_password_validation = ON")
	failCheck(t, s, "strict_password_validation")
	s.Tags, s.Admin = map[string]string{rotation.TagClass: "S"}, secret.Value{}
	failCheck(t, s, "strict_password_validation")
	rotatortest.RefuseApply(t, Rotator{}, s, newPassword, "strict_password_validation")
}

func TestAReadOnlyServerIsTriedAgain(t *testing.T) {
	server := testserver.StartMariaDB(t)
	s, _ := newAccount(t, server, "")
	server.Exec(t, "SET GLOBAL read_only = ON")
	failCheck(t, s, "is read-only")
	fault := rotatortest.Fault(t, Rotator{}.Apply(t.Context(), s, secret.NewValue(newPassword), rotatortest.Unfenced))
	if fault == nil || fault.Permanent {
		t.Errorf("%v", fault)
	}
	self := s
	self.Admin, self.Tags = secret.Value{}, map[string]string{rotation.TagClass: "S"}
	_ = rotatortest.Fault(t, Rotator{}.Apply(t.Context(), self, secret.NewValue(newPassword), rotatortest.Unfenced))
	server.Exec(t, "SET GLOBAL read_only = OFF")
	rotatortest.Apply(t, Rotator{}, s, newPassword)
}

func TestAPasswordThatExpiresBeforeItsSecret(t *testing.T) {
	s, _ := newAccount(t, testserver.SharedMariaDB(t), "PASSWORD EXPIRE INTERVAL 30 DAY")
	s.Tags = map[string]string{rotation.TagValidity: "60"}
	if warnings := passCheck(t, s); len(warnings) != 1 {
		t.Error(warnings)
	}
	s.Tags = map[string]string{rotation.TagValidity: "30"}
	if warnings := passCheck(t, s); len(warnings) != 0 {
		t.Error(warnings)
	}
}

func TestVersions(t *testing.T) {
	for text, want := range map[string]version{
		"10.11.19-MariaDB-0+deb12u1": {10, 11, 19}, "8.0.36": {8, 0, 36}, "8.0.36-azure": {8, 0, 36}, "8.4": {8, 4}, "8.0.": {8}, "8.0.x": {8}, "": {}, "canary": {},
	} {
		if got := parseVersion(text); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}
