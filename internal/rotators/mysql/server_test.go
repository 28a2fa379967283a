package mysql

import (
	"testing"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/rotatortest"
	"rotunda/internal/testserver"
)

func TestWhatMariaDBSaysToALogin(t *testing.T) {
	server := testserver.StartMariaDB(t)
	s, app := newAccount(t, server, "")
	rotatortest.WantVerdict(t, Rotator{}, s, s.Admin.Reveal(), rotation.Accepted)
	rotatortest.WantVerdict(t, Rotator{}, s, oldPassword, rotation.Accepted)
	plan, err := Rotator{}.Plan(s)
	rotatortest.Must(t, err)
	rotatortest.WantVerdict(t, Rotator{}, s, plan.Decoy.Reveal(), rotation.Rejected)
	for _, row := range []struct {
		change string
		want   rotation.Verdict
	}{
		{"ACCOUNT LOCK", rotation.Rejected},
		{"ACCOUNT UNLOCK PASSWORD EXPIRE", rotation.Unknown},
		{"PASSWORD EXPIRE NEVER", rotation.Unknown},
		{"IDENTIFIED VIA unix_socket", rotation.Rejected},
		{"IDENTIFIED VIA mysql_native_password USING '" + native(oldPassword) + "' PASSWORD EXPIRE NEVER", rotation.Accepted},
	} {
		server.Exec(t, "SET SESSION sql_mode = 'NO_BACKSLASH_ESCAPES'", "ALTER USER "+app.sql()+" "+row.change)
		t.Log(row.change)
		rotatortest.WantVerdict(t, Rotator{}, s, oldPassword, row.want)
	}
	server.Exec(t, "SET SESSION sql_mode = 'NO_BACKSLASH_ESCAPES'", "RENAME USER "+app.sql()+" TO "+account{app.user, "10.9.9.9"}.sql())
	rotatortest.WantVerdict(t, Rotator{}, s, oldPassword, rotation.Rejected)
	server.Stop()
	rotatortest.WantVerdict(t, Rotator{}, s, oldPassword, rotation.Unknown)
}

func TestMySQLCertificates(t *testing.T) {
	server := testserver.SharedMariaDB(t)
	s, _ := newAccount(t, server, "")
	for query, want := range map[string]rotation.Verdict{
		"":                          rotation.Unknown,
		"?sslmode=require":          rotation.Accepted,
		"?sslmode=disable":          rotation.Accepted,
		"?sslrootcert=/nowhere.pem": rotation.Unknown,
		"?sslrootcert=nowhere.pem":  rotation.Unknown,
		"?sslrootcert=roots.pem":    rotation.Accepted,
		"?sslmode=verify-ca&sslrootcert=roots.pem": rotation.Accepted,
	} {
		s.Address = "mariadb://localhost:" + server.Port() + query
		rotatortest.WantVerdict(t, Rotator{}, s, oldPassword, want)
	}
	s.Address = "mysql://127.0.0.1:" + server.Port() + "?sslrootcert=roots.pem"
	rotatortest.WantVerdict(t, Rotator{}, s, oldPassword, rotation.Unknown)
}

func TestAMariaDBServerWithoutTLS(t *testing.T) {
	server := testserver.StartMariaDB(t, "skip-ssl")
	s, _ := newAccount(t, server, "")
	rotatortest.WantVerdict(t, Rotator{}, s, oldPassword, rotation.Unknown)
	s.Address = "mysql://localhost:" + server.Port() + "?sslmode=disable"
	rotatortest.WantVerdict(t, Rotator{}, s, oldPassword, rotation.Accepted)
}

func TestMariaDBThatChecksPasswords(t *testing.T) {
	server := testserver.StartMariaDB(t, "plugin-load-add=simple_password_check")
	server.Exec(t, "SET GLOBAL strict_password_validation = OFF", "SET GLOBAL simple_password_check_minimal_length = 4",
		"SET GLOBAL simple_password_check_digits = 0", "SET GLOBAL simple_password_check_letters_same_case = 0")
	s, _ := newAccount(t, server, "")
	server.Exec(t, "SET GLOBAL strict_password_validation = ON")
	rotatortest.RefuseApply(t, Rotator{}, s, newPassword, "strict_password_validation")
	rotatortest.WantVerdict(t, Rotator{}, s, oldPassword, rotation.Accepted)
}

func TestAnOperatorWithoutTheRight(t *testing.T) {
	server := testserver.SharedMariaDB(t)
	s, app := newAccount(t, server, "")
	server.Exec(t, "REVOKE SELECT ON mysql.global_priv FROM "+operatorOf(t, s).sql())
	rotatortest.RefuseApply(t, Rotator{}, s, newPassword, "SELECT on mysql.global_priv")
	server.Exec(t, "GRANT SELECT ON mysql.global_priv TO "+operatorOf(t, s).sql(), "REVOKE CREATE USER ON *.* FROM "+operatorOf(t, s).sql())
	rotatortest.RefuseApply(t, Rotator{}, s, newPassword, "CREATE USER")
	s.CredentialID = app.user + "@10.9.9.9"
	rotatortest.RefuseApply(t, Rotator{}, s, newPassword, "no account")
	s.Admin = jsonValue("nobody", "canary-nobody")
	rotatortest.RefuseApply(t, Rotator{}, s, newPassword, "the login")
}
