package mysql

import (
	"context"
	"errors"
	"strings"
	"testing"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/login"
	"rotunda/internal/rotators/rotatortest"
	"rotunda/internal/secret"
	"rotunda/internal/testserver"
)

func TestAMariaDBAccountReplacesItsOwnPassword(t *testing.T) {
	server := testserver.SharedMariaDB(t)
	s, _ := newAccount(t, server, "")
	s.Admin, s.Tags = secret.Value{}, map[string]string{rotation.TagClass: "S"}
	rotatortest.Apply(t, Rotator{}, s, newPassword)
	rotatortest.Apply(t, Rotator{}, s, newPassword) // by the new password: the old one is gone
	rotatortest.WantVerdict(t, Rotator{}, s, newPassword, rotation.Accepted)
	rotatortest.WantVerdict(t, Rotator{}, s, oldPassword, rotation.Rejected)
	s.Current = secret.NewValue(newPassword)
	rotatortest.Retire(t, Rotator{}, s, oldPassword)
}

func TestAnAdminReplacesAMariaDBPassword(t *testing.T) {
	server := testserver.SharedMariaDB(t)
	s, app := newAccount(t, server, "")
	s.Tags = map[string]string{rotation.TagClass: "S"}
	rotatortest.Apply(t, Rotator{}, s, newPassword)
	rotatortest.Apply(t, Rotator{}, s, newPassword)
	wantIdentified(t, server, app, "BY PASSWORD '"+native(newPassword)+"'")
}

func TestAMySQLFenceThatFailsLeavesAllAsItWas(t *testing.T) {
	server := testserver.SharedMariaDB(t)
	lost := errors.New("the lock was lost")
	for _, name := range []string{"O", "A", "S"} {
		s, app := newRole(t, server)
		next := urlValue(s.CredentialID+login.SuffixA, newPassword)
		if s.Tags[rotation.TagClass] = name; name != "A" {
			s.CredentialID, next = app.user, urlValue(app.user, newPassword)
		}
		before := server.Ask(t, "SELECT GROUP_CONCAT(User, Priv ORDER BY User) FROM mysql.global_priv")
		if err := (Rotator{}).Apply(t.Context(), s, next, func(context.Context) error { return lost }); !errors.Is(err, lost) {
			t.Errorf("%s: %v", name, err)
		}
		if server.Ask(t, "SELECT GROUP_CONCAT(User, Priv ORDER BY User) FROM mysql.global_priv") != before {
			t.Errorf("%s changed something", name)
		}
	}
}

func TestOneMySQLWorkerAtATime(t *testing.T) {
	s, _ := newAccount(t, testserver.SharedMariaDB(t), "")
	err := Rotator{}.Apply(t.Context(), s, secret.NewValue(newPassword), func(context.Context) error {
		rotatortest.RefuseApply(t, Rotator{}, s, newPassword, "Another worker")
		return nil
	})
	rotatortest.Must(t, err)
	rotatortest.Apply(t, Rotator{}, s, newPassword)
}

// Not even the server's operator sees a password in transit.
func TestMariaDBNeverShowsAPassword(t *testing.T) {
	server := testserver.StartMariaDB(t)
	s, app := newRole(t, server)
	rotatortest.Apply(t, Rotator{}, s, urlValue(s.CredentialID+login.SuffixA, newPassword).Reveal())
	s.Tags[rotation.TagClass], s.CredentialID = "O", app.user
	rotatortest.Apply(t, Rotator{}, s, urlValue(app.user, "canary-overlap").Reveal())
	s.Tags[rotation.TagClass], s.Admin = "S", secret.Value{}
	rotatortest.Apply(t, Rotator{}, s, urlValue(app.user, "canary-single").Reveal())
	log := server.GeneralLog(t) + server.Log()
	for _, password := range []string{newPassword, "canary-overlap", "canary-single"} {
		if strings.Contains(log, password) || !strings.Contains(log, native(password)) {
			t.Errorf("%s, or not its hash, is in the log", password)
		}
	}
}

func TestMariaDBPasswordsOutliveARestart(t *testing.T) {
	server := testserver.StartMariaDB(t)
	s, _ := newAccount(t, server, "")
	rotatortest.Apply(t, Rotator{}, s, newPassword)
	server.Restart(t)
	rotatortest.WantVerdict(t, Rotator{}, s, oldPassword, rotation.Accepted)
	rotatortest.WantVerdict(t, Rotator{}, s, newPassword, rotation.Accepted)
}
