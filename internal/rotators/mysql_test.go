package rotators

import (
	"context"
	"database/sql"
	"errors"
	"regexp"
	"strings"
	"testing"

	"rotunda/internal/rotation"
	"rotunda/internal/secret"
	"rotunda/internal/testserver"
)

func TestBothPasswordsOfAMariaDBAccountLogInDuringTheGrace(t *testing.T) {
	server := testserver.SharedMariaDB(t)
	s, account := newMySQLAccount(t, server, "REQUIRE SSL WITH MAX_QUERIES_PER_HOUR 500")
	mustApply(t, MySQL{}, s, mysqlNew)
	mustApply(t, MySQL{}, s, mysqlNew)
	wantVerdict(t, MySQL{}, s, mysqlOld, rotation.Accepted)
	wantVerdict(t, MySQL{}, s, mysqlNew, rotation.Accepted)
	wantWays(t, server, account, "VIA mysql_native_password USING '"+native(mysqlNew)+"' OR mysql_native_password USING '"+native(mysqlOld)+"' REQUIRE SSL WITH MAX_QUERIES_PER_HOUR 500")
	s.Current = secret.NewValue(mysqlNew)
	mustRetire(t, MySQL{}, s, mysqlOld)
	mustRetire(t, MySQL{}, s, mysqlOld)
	mustRetire(t, MySQL{}, s, mysqlNew)
	wantVerdict(t, MySQL{}, s, mysqlOld, rotation.Rejected)
	wantVerdict(t, MySQL{}, s, mysqlNew, rotation.Accepted)
	wantWays(t, server, account, "BY PASSWORD '"+native(mysqlNew)+"' REQUIRE SSL WITH MAX_QUERIES_PER_HOUR 500")
}

func wantWays(t *testing.T, server *testserver.MariaDB, account mysqlAccount, want string) {
	t.Helper()
	if got := ways(t, server, account); got != want {
		t.Errorf("%s\nnot %s", got, want)
	}
}

func TestOtherAlternativesStay(t *testing.T) {
	server := testserver.StartMariaDB(t, "plugin-load-add=auth_ed25519")
	s, account := newMySQLAccount(t, server, "")
	server.Exec(t, "SET SESSION sql_mode = 'NO_BACKSLASH_ESCAPES'",
		"ALTER USER "+account.sql()+" IDENTIFIED VIA mysql_native_password USING '"+native(mysqlOld)+"' OR ed25519 USING PASSWORD('canary-ed')")
	_, other, _ := strings.Cut(ways(t, server, account), " OR ")
	mustApply(t, MySQL{}, s, mysqlNew)
	wantWays(t, server, account, "VIA mysql_native_password USING '"+native(mysqlNew)+"' OR mysql_native_password USING '"+native(mysqlOld)+"' OR "+other)
	wantVerdict(t, MySQL{}, s, mysqlNew, rotation.Accepted)
	wantVerdict(t, MySQL{}, s, mysqlOld, rotation.Accepted)
	wantVerdict(t, MySQL{}, s, "canary-wrong", rotation.Unknown) // more alternatives than the driver tries
	s.Current = secret.NewValue(mysqlNew)
	mustRetire(t, MySQL{}, s, mysqlOld)
	wantWays(t, server, account, "VIA mysql_native_password USING '"+native(mysqlNew)+"' OR "+other)
	wantVerdict(t, MySQL{}, s, "canary-ed", rotation.Accepted)
	wantVerdict(t, MySQL{}, s, mysqlOld, rotation.Rejected)
}

func TestTheOnlyGoodMariaDBPasswordIsNotRetired(t *testing.T) {
	s, _ := newMySQLAccount(t, testserver.SharedMariaDB(t), "")
	s.Current = secret.NewValue(mysqlNew) // which somebody took away
	err := MySQL{}.Retire(t.Context(), s, secret.NewValue(mysqlOld))
	wantFault(t, err)
	if err == nil {
		t.Error("it went")
	}
	wantVerdict(t, MySQL{}, s, mysqlOld, rotation.Accepted)
}

func TestAMariaDBAccountReplacesItsOwnPassword(t *testing.T) {
	server := testserver.SharedMariaDB(t)
	s, _ := newMySQLAccount(t, server, "")
	s.Admin, s.Tags = secret.Value{}, map[string]string{tagClass: "S"}
	mustApply(t, MySQL{}, s, mysqlNew)
	mustApply(t, MySQL{}, s, mysqlNew) // by the new password: the old one is gone
	wantVerdict(t, MySQL{}, s, mysqlNew, rotation.Accepted)
	wantVerdict(t, MySQL{}, s, mysqlOld, rotation.Rejected)
	s.Current = secret.NewValue(mysqlNew)
	mustRetire(t, MySQL{}, s, mysqlOld)
}

func TestAnAdminReplacesAMariaDBPassword(t *testing.T) {
	server := testserver.SharedMariaDB(t)
	s, account := newMySQLAccount(t, server, "")
	s.Tags = map[string]string{tagClass: "S"}
	mustApply(t, MySQL{}, s, mysqlNew)
	mustApply(t, MySQL{}, s, mysqlNew)
	wantWays(t, server, account, "BY PASSWORD '"+native(mysqlNew)+"'")
}

func TestMariaDBAccountsTakeTurns(t *testing.T) {
	server := testserver.SharedMariaDB(t)
	s, _ := newMySQLRole(t, server)
	for turn, suffix := range []string{"_a", "_b", "_a", "_b", "_a", "_b", "_a", "_b", "_a", "_b"} {
		plan, err := MySQL{}.Plan(s)
		must(t, err)
		next, err := parseLogin(plan.Next, "")
		must(t, err)
		if next.user != s.CredentialID+suffix || (len(plan.Warnings) == 0) != (turn > 0) {
			t.Fatalf("%s, %v", next.user, plan.Warnings)
		}
		wantVerdict(t, MySQL{}, s, plan.Next.Reveal(), rotation.Rejected)
		mustApply(t, MySQL{}, s, plan.Next.Reveal())
		mustApply(t, MySQL{}, s, plan.Next.Reveal())
		wantVerdict(t, MySQL{}, s, plan.Next.Reveal(), rotation.Accepted)
		wantVerdict(t, MySQL{}, s, s.Current.Reveal(), rotation.Accepted)
		usesTheDatabase(t, server.Connect(t, next.user, next.password.Reveal()))
		old := s.Current
		s.Current = plan.Next
		mustRetire(t, MySQL{}, s, old.Reveal())
		mustRetire(t, MySQL{}, s, old.Reveal())
		mustRetire(t, MySQL{}, s, s.Current.Reveal())
		wantVerdict(t, MySQL{}, s, old.Reveal(), rotation.Rejected)
		wantVerdict(t, MySQL{}, s, s.Current.Reveal(), rotation.Accepted)
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
	s, _ := newMySQLRole(t, server)
	plan, err := MySQL{}.Plan(s)
	must(t, err)
	mustApply(t, MySQL{}, s, plan.Next.Reveal())
	server.Exec(t, "SET DEFAULT ROLE NONE FOR "+mysqlAccount{s.CredentialID + suffixA, "%"}.sql())
	wantVerdict(t, MySQL{}, s, plan.Next.Reveal(), rotation.Rejected)
	mustApply(t, MySQL{}, s, plan.Next.Reveal())
	wantVerdict(t, MySQL{}, s, plan.Next.Reveal(), rotation.Accepted)
}

func TestARoleThatMayNotBeGranted(t *testing.T) {
	server := testserver.SharedMariaDB(t)
	s, account := newMySQLRole(t, server)
	server.Exec(t, "REVOKE ADMIN OPTION FOR "+quoteSQL(s.CredentialID)+" FROM "+operatorOf(t, s).sql())
	refusesToApply(t, MySQL{}, s, mysqlURL(s.CredentialID+suffixA, mysqlNew).Reveal(), "WITH ADMIN OPTION")
	s.CredentialID = "nobody's"
	refusesToApply(t, MySQL{}, s, mysqlURL("nobody's_a", mysqlNew).Reveal(), "must name a role")
	refusesToApply(t, MySQL{}, s, mysqlURL(account.user, mysqlNew).Reveal(), "its turn")
}

func TestAMySQLFenceThatFailsLeavesAllAsItWas(t *testing.T) {
	server := testserver.SharedMariaDB(t)
	lost := errors.New("the lock was lost")
	for _, class := range []string{"O", "A", "S"} {
		s, account := newMySQLRole(t, server)
		next := mysqlURL(s.CredentialID+suffixA, mysqlNew)
		if s.Tags[tagClass] = class; class != "A" {
			s.CredentialID, next = account.user, mysqlURL(account.user, mysqlNew)
		}
		before := server.Ask(t, "SELECT GROUP_CONCAT(User, Priv ORDER BY User) FROM mysql.global_priv")
		if err := (MySQL{}).Apply(t.Context(), s, next, func(context.Context) error { return lost }); !errors.Is(err, lost) {
			t.Errorf("%s: %v", class, err)
		}
		if server.Ask(t, "SELECT GROUP_CONCAT(User, Priv ORDER BY User) FROM mysql.global_priv") != before {
			t.Errorf("%s changed something", class)
		}
	}
}

func TestOneMySQLWorkerAtATime(t *testing.T) {
	s, _ := newMySQLAccount(t, testserver.SharedMariaDB(t), "")
	err := MySQL{}.Apply(t.Context(), s, secret.NewValue(mysqlNew), func(context.Context) error {
		refusesToApply(t, MySQL{}, s, mysqlNew, "Another worker")
		return nil
	})
	must(t, err)
	mustApply(t, MySQL{}, s, mysqlNew)
}

func TestWhatMariaDBSaysToALogin(t *testing.T) {
	server := testserver.StartMariaDB(t)
	s, account := newMySQLAccount(t, server, "")
	wantVerdict(t, MySQL{}, s, s.Admin.Reveal(), rotation.Accepted)
	wantVerdict(t, MySQL{}, s, mysqlOld, rotation.Accepted)
	plan, err := MySQL{}.Plan(s)
	must(t, err)
	wantVerdict(t, MySQL{}, s, plan.Decoy.Reveal(), rotation.Rejected)
	for _, row := range []struct {
		change string
		want   rotation.Verdict
	}{
		{"ACCOUNT LOCK", rotation.Rejected},
		{"ACCOUNT UNLOCK PASSWORD EXPIRE", rotation.Unknown},
		{"PASSWORD EXPIRE NEVER", rotation.Unknown},
		{"IDENTIFIED VIA unix_socket", rotation.Rejected},
		{"IDENTIFIED VIA mysql_native_password USING '" + native(mysqlOld) + "' PASSWORD EXPIRE NEVER", rotation.Accepted},
	} {
		server.Exec(t, "SET SESSION sql_mode = 'NO_BACKSLASH_ESCAPES'", "ALTER USER "+account.sql()+" "+row.change)
		t.Log(row.change)
		wantVerdict(t, MySQL{}, s, mysqlOld, row.want)
	}
	server.Exec(t, "SET SESSION sql_mode = 'NO_BACKSLASH_ESCAPES'", "RENAME USER "+account.sql()+" TO "+mysqlAccount{account.user, "10.9.9.9"}.sql())
	wantVerdict(t, MySQL{}, s, mysqlOld, rotation.Rejected)
	server.Stop()
	wantVerdict(t, MySQL{}, s, mysqlOld, rotation.Unknown)
}

func TestMySQLCertificates(t *testing.T) {
	server := testserver.SharedMariaDB(t)
	s, _ := newMySQLAccount(t, server, "")
	for query, want := range map[string]rotation.Verdict{
		"":                             rotation.Unknown,
		"?sslmode=require":             rotation.Accepted,
		"?sslmode=disable":             rotation.Accepted,
		"?sslrootcert=/nowhere.pem":    rotation.Unknown,
		"?sslrootcert=" + server.Roots: rotation.Accepted,
	} {
		s.Address = "mariadb://localhost:" + server.Port() + query
		wantVerdict(t, MySQL{}, s, mysqlOld, want)
	}
	s.Address = "mysql://127.0.0.1:" + server.Port() + "?sslrootcert=" + server.Roots
	wantVerdict(t, MySQL{}, s, mysqlOld, rotation.Unknown)
}

func TestAMariaDBServerWithoutTLS(t *testing.T) {
	server := testserver.StartMariaDB(t, "skip-ssl")
	s, _ := newMySQLAccount(t, server, "")
	wantVerdict(t, MySQL{}, s, mysqlOld, rotation.Unknown)
	s.Address = "mysql://localhost:" + server.Port() + "?sslmode=disable"
	wantVerdict(t, MySQL{}, s, mysqlOld, rotation.Accepted)
}

func TestMariaDBThatChecksPasswords(t *testing.T) {
	server := testserver.StartMariaDB(t, "plugin-load-add=simple_password_check")
	server.Exec(t, "SET GLOBAL strict_password_validation = OFF", "SET GLOBAL simple_password_check_minimal_length = 4",
		"SET GLOBAL simple_password_check_digits = 0", "SET GLOBAL simple_password_check_letters_same_case = 0")
	s, _ := newMySQLAccount(t, server, "")
	server.Exec(t, "SET GLOBAL strict_password_validation = ON")
	refusesToApply(t, MySQL{}, s, mysqlNew, "strict_password_validation")
	wantVerdict(t, MySQL{}, s, mysqlOld, rotation.Accepted)
}

func TestAnOperatorWithoutTheRight(t *testing.T) {
	server := testserver.SharedMariaDB(t)
	s, account := newMySQLAccount(t, server, "")
	server.Exec(t, "REVOKE SELECT ON mysql.global_priv FROM "+operatorOf(t, s).sql())
	refusesToApply(t, MySQL{}, s, mysqlNew, "SELECT on mysql.global_priv")
	server.Exec(t, "GRANT SELECT ON mysql.global_priv TO "+operatorOf(t, s).sql(), "REVOKE CREATE USER ON *.* FROM "+operatorOf(t, s).sql())
	refusesToApply(t, MySQL{}, s, mysqlNew, "CREATE USER")
	s.CredentialID = account.user + "@10.9.9.9"
	refusesToApply(t, MySQL{}, s, mysqlNew, "no account")
	s.Admin = mysqlJSON("nobody", "canary-nobody")
	refusesToApply(t, MySQL{}, s, mysqlNew, "the login")
}

// Not even the server's operator sees a password on its way.
func TestMariaDBNeverShowsAPassword(t *testing.T) {
	server := testserver.StartMariaDB(t)
	s, account := newMySQLRole(t, server)
	mustApply(t, MySQL{}, s, mysqlURL(s.CredentialID+suffixA, mysqlNew).Reveal())
	s.Tags[tagClass], s.CredentialID = "O", account.user
	mustApply(t, MySQL{}, s, mysqlURL(account.user, "canary-overlap").Reveal())
	s.Tags[tagClass], s.Admin = "S", secret.Value{}
	mustApply(t, MySQL{}, s, mysqlURL(account.user, "canary-single").Reveal())
	log := server.GeneralLog(t) + server.Log()
	for _, password := range []string{mysqlNew, "canary-overlap", "canary-single"} {
		if strings.Contains(log, password) || !strings.Contains(log, native(password)) {
			t.Errorf("%s, or not its hash, is in the log", password)
		}
	}
}

func TestMariaDBPasswordsOutliveARestart(t *testing.T) {
	server := testserver.StartMariaDB(t)
	s, _ := newMySQLAccount(t, server, "")
	mustApply(t, MySQL{}, s, mysqlNew)
	server.Restart(t)
	wantVerdict(t, MySQL{}, s, mysqlOld, rotation.Accepted)
	wantVerdict(t, MySQL{}, s, mysqlNew, rotation.Accepted)
}

func TestWhatMySQLRotatesHasAName(t *testing.T) {
	for credential, identity := range map[string]string{
		"app":          "mysql://db:3306 as app@%",
		"app@10.0.0.%": "mysql://db:3306 as app@10.0.0.%",
		"a@b@host":     "mysql://db:3306 as a@b@host",
	} {
		s := rotation.Subject{Name: "db", Address: "mariadb://DB", CredentialID: credential, Current: secret.NewValue(mysqlOld), Tags: map[string]string{tagClass: "S"}}
		plan, err := MySQL{}.Plan(s)
		if err != nil || plan.Identity != identity || plan.Class != rotation.Single || len(plan.Next.Reveal()) != 32 || plan.Decoy.Equal(s.Current) {
			t.Errorf("%s: %+v, %v", credential, plan, err)
		}
	}
}

func TestWrongMySQLSubjectsSayWhatIsWrong(t *testing.T) {
	for says, spoil := range map[string]func(*rotation.Subject){
		"mysql://host:3306": func(s *rotation.Subject) { s.Address = "db:3306" },
		"user or password":  func(s *rotation.Subject) { s.Address = "mysql://app:canary-x@db" },
		"no others":         func(s *rotation.Subject) { s.Address = "mysql://db?tls=canary-x" },
		"sslmode":           func(s *rotation.Subject) { s.Address = "mysql://db?sslmode=canary-x" },
		"verify-full only":  func(s *rotation.Subject) { s.Address = "mysql://db?sslmode=require&sslrootcert=/ca.pem" },
		"absolute":          func(s *rotation.Subject) { s.Address = "mysql://db?sslrootcert=ca.pem" },
		"number from 1":     func(s *rotation.Subject) { s.Address = "mysql://db:0" },
		"control":           func(s *rotation.Subject) { s.CredentialID = "a\x00b" },
		"CredentialId must": func(s *rotation.Subject) { s.CredentialID = "" },
		"another user":      func(s *rotation.Subject) { s.Current = mysqlURL("other", mysqlOld) },
		"needs an admin":    func(s *rotation.Subject) { s.Admin = secret.Value{} },
		"AdminSecret names": func(s *rotation.Subject) { s.Admin = secret.NewValue("canary-admin") },
		"O, A or S":         func(s *rotation.Subject) { s.Tags[tagClass] = "canary-K" },
		"bare password":     func(s *rotation.Subject) { s.Tags[tagClass] = "A" },
		"Class A needs the": func(s *rotation.Subject) {
			s.Tags[tagClass], s.CredentialID, s.Current = "A", "", mysqlURL("app", mysqlOld)
		},
		"AdminSecret's own": func(s *rotation.Subject) { s.Tags[tagClass], s.Current = "A", mysqlURL("root", mysqlOld) },
	} {
		t.Run(says, func(t *testing.T) {
			s := rotation.Subject{
				Name: "db", Address: "mysql://db", CredentialID: "app", Tags: map[string]string{},
				Current: secret.NewValue(mysqlOld), Admin: mysqlJSON("root", "canary-root"),
			}
			_, err := MySQL{}.Plan(s)
			must(t, err)
			spoil(&s)
			_, err = MySQL{}.Plan(s)
			isPermanent(t, err, says)
		})
	}
}

func FuzzMySQLAddresses(f *testing.F) {
	for _, address := range []string{"mysql://db", "mariadb://[::1]:3307?sslmode=require", "mysql://a:canary@b", "mysql://db?sslrootcert=/ca.pem", "mysql://db/app"} {
		f.Add(address)
	}
	f.Fuzz(func(t *testing.T, text string) {
		address, err := parseMySQLAddress(text)
		if err != nil {
			return
		}
		again, err := parseMySQLAddress(address.String())
		again.sslmode, again.sslrootcert = address.sslmode, address.sslrootcert
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
