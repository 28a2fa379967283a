package mysql

import (
	"context"
	"database/sql"
	"errors"
	"regexp"
	"strings"
	"testing"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/class"
	"rotunda/internal/rotators/login"
	"rotunda/internal/rotators/rotatortest"
	"rotunda/internal/secret"
	"rotunda/internal/testserver"
)

func TestBothPasswordsOfAMariaDBAccountLogInDuringTheGrace(t *testing.T) {
	server := testserver.SharedMariaDB(t)
	s, app := newAccount(t, server, "REQUIRE SSL WITH MAX_QUERIES_PER_HOUR 500")
	rotatortest.Apply(t, Rotator{}, s, newPassword)
	rotatortest.Apply(t, Rotator{}, s, newPassword)
	rotatortest.WantVerdict(t, Rotator{}, s, oldPassword, rotation.Accepted)
	rotatortest.WantVerdict(t, Rotator{}, s, newPassword, rotation.Accepted)
	wantIdentified(t, server, app, "VIA mysql_native_password USING '"+native(newPassword)+"' OR mysql_native_password USING '"+native(oldPassword)+"' REQUIRE SSL WITH MAX_QUERIES_PER_HOUR 500")
	s.Current = secret.NewValue(newPassword)
	rotatortest.Retire(t, Rotator{}, s, oldPassword)
	rotatortest.Retire(t, Rotator{}, s, oldPassword)
	rotatortest.Retire(t, Rotator{}, s, newPassword)
	rotatortest.WantVerdict(t, Rotator{}, s, oldPassword, rotation.Rejected)
	rotatortest.WantVerdict(t, Rotator{}, s, newPassword, rotation.Accepted)
	wantIdentified(t, server, app, "BY PASSWORD '"+native(newPassword)+"' REQUIRE SSL WITH MAX_QUERIES_PER_HOUR 500")
}

func wantIdentified(t *testing.T, server *testserver.MariaDB, app account, want string) {
	t.Helper()
	if got := identifiedBy(t, server, app); got != want {
		t.Errorf("%s\nnot %s", got, want)
	}
}

func TestOtherAlternativesStay(t *testing.T) {
	server := testserver.StartMariaDB(t, "plugin-load-add=auth_ed25519")
	s, app := newAccount(t, server, "")
	server.Exec(t, "SET SESSION sql_mode = 'NO_BACKSLASH_ESCAPES'",
		"ALTER USER "+app.sql()+" IDENTIFIED VIA mysql_native_password USING '"+native(oldPassword)+"' OR ed25519 USING PASSWORD('canary-ed')")
	_, other, _ := strings.Cut(identifiedBy(t, server, app), " OR ")
	rotatortest.Apply(t, Rotator{}, s, newPassword)
	wantIdentified(t, server, app, "VIA mysql_native_password USING '"+native(newPassword)+"' OR mysql_native_password USING '"+native(oldPassword)+"' OR "+other)
	rotatortest.WantVerdict(t, Rotator{}, s, newPassword, rotation.Accepted)
	rotatortest.WantVerdict(t, Rotator{}, s, oldPassword, rotation.Accepted)
	rotatortest.WantVerdict(t, Rotator{}, s, "canary-wrong", rotation.Unknown) // more alternatives than the driver tries
	s.Current = secret.NewValue(newPassword)
	rotatortest.Retire(t, Rotator{}, s, oldPassword)
	wantIdentified(t, server, app, "VIA mysql_native_password USING '"+native(newPassword)+"' OR "+other)
	rotatortest.WantVerdict(t, Rotator{}, s, "canary-ed", rotation.Accepted)
	rotatortest.WantVerdict(t, Rotator{}, s, oldPassword, rotation.Rejected)
}

func TestTheOnlyGoodMariaDBPasswordIsNotRetired(t *testing.T) {
	s, _ := newAccount(t, testserver.SharedMariaDB(t), "")
	s.Current = secret.NewValue(newPassword) // which somebody took away
	err := Rotator{}.Retire(t.Context(), s, secret.NewValue(oldPassword))
	rotatortest.Fault(t, err)
	if err == nil {
		t.Error("it went")
	}
	rotatortest.WantVerdict(t, Rotator{}, s, oldPassword, rotation.Accepted)
}

func TestAMariaDBAccountReplacesItsOwnPassword(t *testing.T) {
	server := testserver.SharedMariaDB(t)
	s, _ := newAccount(t, server, "")
	s.Admin, s.Tags = secret.Value{}, map[string]string{class.Tag: "S"}
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
	s.Tags = map[string]string{class.Tag: "S"}
	rotatortest.Apply(t, Rotator{}, s, newPassword)
	rotatortest.Apply(t, Rotator{}, s, newPassword)
	wantIdentified(t, server, app, "BY PASSWORD '"+native(newPassword)+"'")
}

func TestMariaDBAccountsTakeTurns(t *testing.T) {
	server := testserver.SharedMariaDB(t)
	s, _ := newRole(t, server)
	for turn, suffix := range []string{"_a", "_b", "_a", "_b", "_a", "_b", "_a", "_b", "_a", "_b"} {
		plan, err := Rotator{}.Plan(s)
		rotatortest.Must(t, err)
		next, err := login.Parse(plan.Next, "")
		rotatortest.Must(t, err)
		if next.User != s.CredentialID+suffix || (len(plan.Warnings) == 0) != (turn > 0) {
			t.Fatalf("%s, %v", next.User, plan.Warnings)
		}
		rotatortest.WantVerdict(t, Rotator{}, s, plan.Next.Reveal(), rotation.Rejected)
		rotatortest.Apply(t, Rotator{}, s, plan.Next.Reveal())
		rotatortest.Apply(t, Rotator{}, s, plan.Next.Reveal())
		rotatortest.WantVerdict(t, Rotator{}, s, plan.Next.Reveal(), rotation.Accepted)
		rotatortest.WantVerdict(t, Rotator{}, s, s.Current.Reveal(), rotation.Accepted)
		usesTheDatabase(t, server.Connect(t, next.User, next.Password.Reveal()))
		old := s.Current
		s.Current = plan.Next
		rotatortest.Retire(t, Rotator{}, s, old.Reveal())
		rotatortest.Retire(t, Rotator{}, s, old.Reveal())
		rotatortest.Retire(t, Rotator{}, s, s.Current.Reveal())
		rotatortest.WantVerdict(t, Rotator{}, s, old.Reveal(), rotation.Rejected)
		rotatortest.WantVerdict(t, Rotator{}, s, s.Current.Reveal(), rotation.Accepted)
	}
}

func usesTheDatabase(t *testing.T, db *sql.DB) {
	t.Helper()
	for _, statement := range []string{"INSERT INTO app.t VALUES (1)", "SELECT n FROM app.t"} {
		if _, err := db.ExecContext(t.Context(), statement); err != nil {
			t.Errorf("%s: %v", statement, err)
		}
	}
	if _, err := db.ExecContext(t.Context(), "DROP TABLE app.t"); err == nil {
		t.Error("the account may do more than the role")
	}
}

func TestAnAccountWithoutItsRoleIsNotProven(t *testing.T) {
	server := testserver.SharedMariaDB(t)
	s, _ := newRole(t, server)
	plan, err := Rotator{}.Plan(s)
	rotatortest.Must(t, err)
	rotatortest.Apply(t, Rotator{}, s, plan.Next.Reveal())
	server.Exec(t, "SET DEFAULT ROLE NONE FOR "+account{s.CredentialID + login.SuffixA, "%"}.sql())
	rotatortest.WantVerdict(t, Rotator{}, s, plan.Next.Reveal(), rotation.Rejected)
	rotatortest.Apply(t, Rotator{}, s, plan.Next.Reveal())
	rotatortest.WantVerdict(t, Rotator{}, s, plan.Next.Reveal(), rotation.Accepted)
}

func TestARoleThatMayNotBeGranted(t *testing.T) {
	server := testserver.SharedMariaDB(t)
	s, app := newRole(t, server)
	server.Exec(t, "REVOKE ADMIN OPTION FOR "+quote(s.CredentialID)+" FROM "+operatorOf(t, s).sql())
	rotatortest.RefuseApply(t, Rotator{}, s, urlValue(s.CredentialID+login.SuffixA, newPassword).Reveal(), "WITH ADMIN OPTION")
	s.CredentialID = "nobody's"
	rotatortest.RefuseApply(t, Rotator{}, s, urlValue("nobody's_a", newPassword).Reveal(), "must name a role")
	rotatortest.RefuseApply(t, Rotator{}, s, urlValue(app.user, newPassword).Reveal(), "next in turn")
}

func TestAMySQLFenceThatFailsLeavesAllAsItWas(t *testing.T) {
	server := testserver.SharedMariaDB(t)
	lost := errors.New("the lock was lost")
	for _, name := range []string{"O", "A", "S"} {
		s, app := newRole(t, server)
		next := urlValue(s.CredentialID+login.SuffixA, newPassword)
		if s.Tags[class.Tag] = name; name != "A" {
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
		"":                             rotation.Unknown,
		"?sslmode=require":             rotation.Accepted,
		"?sslmode=disable":             rotation.Accepted,
		"?sslrootcert=/nowhere.pem":    rotation.Unknown,
		"?sslrootcert=" + server.Roots: rotation.Accepted,
	} {
		s.Address = "mariadb://localhost:" + server.Port() + query
		rotatortest.WantVerdict(t, Rotator{}, s, oldPassword, want)
	}
	s.Address = "mysql://127.0.0.1:" + server.Port() + "?sslrootcert=" + server.Roots
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

// Not even the server's operator sees a password on its way.
func TestMariaDBNeverShowsAPassword(t *testing.T) {
	server := testserver.StartMariaDB(t)
	s, app := newRole(t, server)
	rotatortest.Apply(t, Rotator{}, s, urlValue(s.CredentialID+login.SuffixA, newPassword).Reveal())
	s.Tags[class.Tag], s.CredentialID = "O", app.user
	rotatortest.Apply(t, Rotator{}, s, urlValue(app.user, "canary-overlap").Reveal())
	s.Tags[class.Tag], s.Admin = "S", secret.Value{}
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

func TestWhatMySQLRotatesHasAName(t *testing.T) {
	for credential, identity := range map[string]string{
		"app":          "mysql://db:3306 as app@%",
		"app@10.0.0.%": "mysql://db:3306 as app@10.0.0.%",
		"a@b@host":     "mysql://db:3306 as a@b@host",
	} {
		s := rotation.Subject{Name: "db", Address: "mariadb://DB", CredentialID: credential, Current: secret.NewValue(oldPassword), Tags: map[string]string{class.Tag: "S"}}
		plan, err := Rotator{}.Plan(s)
		if err != nil || plan.Identity != identity || plan.Class != rotation.Single || len(plan.Next.Reveal()) != 32 || plan.Decoy.Equal(s.Current) {
			t.Errorf("%s: %+v, %v", credential, plan, err)
		}
	}
}

func TestWrongMySQLSubjectsSayWhatIsWrong(t *testing.T) {
	for says, spoil := range map[string]func(*rotation.Subject){
		"mysql://host:3306":    func(s *rotation.Subject) { s.Address = "db:3306" },
		"user or password":     func(s *rotation.Subject) { s.Address = "mysql://app:canary-x@db" },
		"no others":            func(s *rotation.Subject) { s.Address = "mysql://db?tls=canary-x" },
		"sslmode":              func(s *rotation.Subject) { s.Address = "mysql://db?sslmode=canary-x" },
		"no effect":            func(s *rotation.Subject) { s.Address = "mysql://db?sslmode=require&sslrootcert=/ca.pem" },
		"absolute":             func(s *rotation.Subject) { s.Address = "mysql://db?sslrootcert=ca.pem" },
		"number from 1":        func(s *rotation.Subject) { s.Address = "mysql://db:0" },
		"control":              func(s *rotation.Subject) { s.CredentialID = "a\x00b" },
		"the tag CredentialId": func(s *rotation.Subject) { s.CredentialID = "" },
		"not the one in":       func(s *rotation.Subject) { s.Current = urlValue("other", oldPassword) },
		"needs an admin":       func(s *rotation.Subject) { s.Admin = secret.Value{} },
		"AdminSecret names":    func(s *rotation.Subject) { s.Admin = secret.NewValue("canary-admin") },
		"O or A or S":          func(s *rotation.Subject) { s.Tags[class.Tag] = "canary-K" },
		"bare password":        func(s *rotation.Subject) { s.Tags[class.Tag] = "A" },
		"Class A needs the": func(s *rotation.Subject) {
			s.Tags[class.Tag], s.CredentialID, s.Current = "A", "", urlValue("app", oldPassword)
		},
		"AdminSecret's own": func(s *rotation.Subject) { s.Tags[class.Tag], s.Current = "A", urlValue("root", oldPassword) },
	} {
		t.Run(says, func(t *testing.T) {
			s := rotation.Subject{
				Name: "db", Address: "mysql://db", CredentialID: "app", Tags: map[string]string{},
				Current: secret.NewValue(oldPassword), Admin: jsonValue("root", "canary-root"),
			}
			_, err := Rotator{}.Plan(s)
			rotatortest.Must(t, err)
			spoil(&s)
			_, err = Rotator{}.Plan(s)
			rotatortest.WantPermanent(t, err, says)
		})
	}
}

func FuzzMySQLAddresses(f *testing.F) {
	for _, address := range []string{"mysql://db", "mariadb://[::1]:3307?sslmode=require", "mysql://a:canary@b", "mysql://db?sslrootcert=/ca.pem", "mysql://db/app"} {
		f.Add(address)
	}
	f.Fuzz(func(t *testing.T, text string) {
		address, err := parseAddress(text)
		if err != nil {
			return
		}
		again, err := parseAddress(address.String())
		again.tls, again.Scheme = address.tls, address.Scheme
		if err != nil || again != address {
			t.Errorf("%q: %v, %v, %v", text, address, again, err)
		}
	})
}

// quotedSQL is one name or text as the server reads it.
var quotedSQL = regexp.MustCompile("(?s)`(?:[^`]|``)*`|'(?:[^']|'')*'")

// Whatever a server keeps, nothing of it gets out of its quotes.
func FuzzMariaDBAccounts(f *testing.F) {
	f.Add(`{"plugin":"mysql_native_password","authentication_string":"*AB"}`)
	f.Add(`{"plugin":"p","authentication_string":"it's","auth_or":[{"plugin":"q"},{}]}`)
	f.Add(`{"plugin":"it's ` + "`" + `","auth_or":[]}`)
	f.Fuzz(func(t *testing.T, row string) {
		all, ok := parseAlternatives(row)
		if !ok {
			return
		}
		around := strings.Fields(quotedSQL.ReplaceAllString(all.sql(), " "))
		if strings.Trim(strings.Join(around, ""), "VIAORUSNG") != "" || len(all) == 0 {
			t.Errorf("%q: %v", row, all.sql())
		}
	})
}
