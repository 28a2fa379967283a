package mysql

import (
	"testing"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/login"
	"rotunda/internal/rotators/rotatortest"
	"rotunda/internal/secret"
	"rotunda/internal/testserver"
)

// The account that a first rotation replaces may have a password that is not the secret's.
func TestARetiredAccountKeepsTheOthersPassword(t *testing.T) {
	server := testserver.SharedMariaDB(t)
	s, app := newRole(t, server)
	const others = "canary-others"
	server.Exec(t, "SET SESSION sql_mode = 'NO_BACKSLASH_ESCAPES'", "ALTER USER "+app.sql()+
		" IDENTIFIED VIA mysql_native_password USING "+quote(native(oldPassword))+" OR mysql_native_password USING "+quote(native(others)))
	old := s.Current
	s = rotate(t, s)
	rotatortest.WantVerdict(t, Rotator{}, s, old.Reveal(), rotation.Rejected)
	rotatortest.WantVerdict(t, Rotator{}, s, urlValue(app.user, others).Reveal(), rotation.Accepted)
	wantIdentified(t, server, app, "BY PASSWORD '"+native(others)+"'")
}

// A login of another secret's pair is found out also by who may not read mysql.roles_mapping.
func TestAMarkIsSeenByTheLoginItself(t *testing.T) {
	server := testserver.SharedMariaDB(t)
	pair, _ := newRole(t, server)
	pair = rotate(t, pair)
	other, _ := newAccount(t, server, "") // whose operator may not read it
	other.CredentialID, other.Current = pair.CredentialID+login.SuffixA, pair.Current
	failCheck(t, other, "belongs to another secret")
	other.Admin, other.Tags = secret.Value{}, map[string]string{rotation.TagClass: "S"}
	failCheck(t, other, "belongs to another secret")
	other.Owner = pair.Owner // its own
	passCheck(t, other)
}
