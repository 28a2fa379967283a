package form_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/form"
)

// difficult are passwords that need quotes somewhere.
var difficult = []string{
	"N3w", "a;b", "it's", `say "hi"`, `both ' and "`, "a b", " lead", "trail ", "p@ss:w/rd?#[]", "100%41", "a+b", "=x", "x==", "{x}", "a}b", "};,{",
	`\back`, "$HOME", "`x`", "#c", "a #c", "a: b", "a,b", "&x&", "*x", "!x", "|x", "ünï", "1234567", "1e5", "null", "yes", "- x", "%", "~", "<x>", "${HOME}",
}

// each of these is read by the parser that programs use.
var judged = map[string]struct {
	value, user, password string
	judge                 judge
	refused               []string // of the difficult passwords
	changed               string   // with the password a;b, "" if that is refused
}{
	"a URL, read by pgx":                {"postgres://app:p%40w@db:5432/x?sslmode=disable", "app", "p@w", pgxReads, nil, "postgres://app:a%3Bb@db:5432/x?sslmode=disable"},
	"a URL with several hosts":          {"postgres://app:pw@h1:1,h2:2/x?sslmode=disable", "app", "pw", pgxReads, nil, "postgres://app:a%3Bb@h1:1,h2:2/x?sslmode=disable"},
	"a URL whose query has the login":   {"postgres://db/x?user=app&sslmode=disable&password=p%40w", "app", "p@w", pgxReads, nil, "postgres://db/x?user=app&sslmode=disable&password=a%3Bb"},
	"a URL, read by go-redis":           {"rediss://app:pw@cache:6380/0", "app", "pw", redisReads, nil, "rediss://app:a%3Bb@cache:6380/0"},
	"a URL, read by MongoDB's driver":   {"mongodb://app:pw@h1:27017,h2:27017/?authSource=admin", "app", "pw", mongoReads, nil, "mongodb://app:a%3Bb@h1:27017,h2:27017/?authSource=admin"},
	"a URL, read by go-mssqldb":         {"sqlserver://app:pw@db:1433?database=x", "app", "pw", mssqlReads, nil, "sqlserver://app:a%3Bb@db:1433?database=x"},
	"a URL with an empty password":      {"redis://app:@cache:6379", "app", "", redisReads, nil, "redis://app:a%3Bb@cache:6379"},
	"libpq":                             {"host=db user=app  password=pw dbname=x sslmode=disable", "app", "pw", pgxReads, nil, "host=db user=app  password=a;b dbname=x sslmode=disable"},
	"libpq with quotes":                 {`user = app password='p\'\\w' host=db sslmode=disable`, "app", `p'\w`, pgxReads, nil, `user = app password='a;b' host=db sslmode=disable`},
	"SqlClient":                         {"Server=tcp:db,1433;User ID=app;Password=pw;Encrypt=true", "app", "pw", mssqlReads, nil, `Server=tcp:db,1433;User ID=app;Password="a;b";Encrypt=true`},
	"SqlClient with quotes and spaces":  {`Server=db ; uid = app ; pwd = "p""w;" ; `, "app", `p"w;`, mssqlReads, nil, `Server=db ; uid = app ; pwd = "a;b" ; `},
	"ODBC":                              {"odbc:server=db;user id=app;password=pw", "app", "pw", mssqlReads, nil, "odbc:server=db;user id=app;password={a;b}"},
	"ODBC with braces":                  {"odbc:server=db;user id=app;password={p}}w;};encrypt=true", "app", "p}w;", mssqlReads, nil, "odbc:server=db;user id=app;password={a;b};encrypt=true"},
	"go-sql-driver":                     {"app:p@w/:x@tcp(db:3306)/x?tls=true", "app", "p@w/:x", mysqlReads, nil, "app:a;b@tcp(db:3306)/x?tls=true"},
	"go-sql-driver without an address":  {"app:pw@/x", "app", "pw", mysqlReads, nil, "app:a;b@/x"},
	"JDBC, PostgreSQL":                  {"jdbc:postgresql://db/x?user=app&password=p%40w&ssl=true", "app", "p@w", jdbcReads, nil, "jdbc:postgresql://db/x?user=app&password=a%3Bb&ssl=true"},
	"JDBC, MySQL":                       {"jdbc:mysql:replication://h1,h2/x?user=app&password=pw", "app", "pw", jdbcReads, nil, "jdbc:mysql:replication://h1,h2/x?user=app&password=a%3Bb"},
	"JSON":                              {"{ \"spring\": {\"datasource\":{\"username\":\"app\" ,\"password\":\"p\\u0077\"}}}", "app", "pw", jsonReads, nil, "{ \"spring\": {\"datasource\":{\"username\":\"app\" ,\"password\":\"a;b\"}}}"},
	"JSON with a string of SqlClient":   {`{"cs":"Server=db;User ID=app;Password=pw"}`, "app", "pw", within(mssqlReads), nil, `{"cs":"Server=db;User ID=app;Password=\"a;b\""}`},
	"JSON with a URL":                   {`{"cs":"postgres://app:pw@db/x?sslmode=disable"}`, "app", "pw", within(pgxReads), nil, `{"cs":"postgres://app:a%3Bb@db/x?sslmode=disable"}`},
	"YAML":                              {"spring:\n  datasource: # x\n    username: app\n    password: pw # y\nb: [1, 2]", "app", "pw", yamlReads, nil, "spring:\n  datasource: # x\n    username: app\n    password: a;b # y\nb: [1, 2]"},
	"YAML with single quotes":           {"spring:\n  datasource:\n    username: 'app'\n    password: 'it''s'\r\n", "app", "it's", yamlReads, nil, "spring:\n  datasource:\n    username: 'app'\n    password: 'a;b'\r\n"},
	"YAML with double quotes":           {"---\nspring:\n  datasource: {username: app, password: \"p\\u0077\"}\n", "app", "pw", yamlReads, nil, "---\nspring:\n  datasource: {username: app, password: \"a;b\"}\n"},
	"lines with single quotes":          {"# x\nexport DB_USER=app\nDB_PASSWORD='p w' # y\nDB_URL=x", "app", "p w", shellReads, []string{"it's", `both ' and "`, `\back`, "${HOME}"}, "# x\nexport DB_USER=app\nDB_PASSWORD='a;b' # y\nDB_URL=x"},
	"lines with double quotes":          {"DB_USER=app\nDB_PASSWORD=\"p w\"\n", "app", "p w", shellReads, []string{`say "hi"`, `both ' and "`, `\back`, "$HOME", "`x`", "${HOME}"}, "DB_USER=app\nDB_PASSWORD=\"a;b\"\n"},
	"lines without quotes":              {"DB_USER=app\n\nDB_PASSWORD=pw\n", "app", "pw", shellReads, unlessPlain("N3w", "a+b", "=x", "x==", "a,b", "1234567", "1e5", "null", "yes", "%", "100%41"), ""},
	"Npgsql":                            {"Host=db;Username=app;Password='p''w'", "app", "p'w", nil, nil, "Host=db;Username=app;Password='a;b'"},
	"ODBC's driver manager":             {"Driver={ODBC Driver 18 for SQL Server};Server=db;Uid=app;Pwd=pw", "app", "pw", nil, nil, "Driver={ODBC Driver 18 for SQL Server};Server=db;Uid=app;Pwd={a;b}"},
	"JDBC, MySQL with a login in front": {"jdbc:mysql://app:p%40w@db/x", "app", "p@w", nil, nil, "jdbc:mysql://app:a%3Bb@db/x"},
	"JDBC, MariaDB":                     {"jdbc:mariadb://db/x?user=app&password=pw", "app", "pw", nil, unlessPlain("N3w", "1234567", "1e5", "null", "yes", "~"), ""},
	"JDBC, SQL Server":                  {"jdbc:sqlserver://db:1433;user=app;password={p;w};encrypt=true", "app", "p;w", nil, []string{"{x}", "a}b", "};,{", "${HOME}"}, "jdbc:sqlserver://db:1433;user=app;password={a;b};encrypt=true"},
	"JDBC, SQL Server without braces":   {"jdbc:sqlserver://db;user=app;password=pw", "app", "pw", nil, []string{"{x}", "};,{", "${HOME}"}, "jdbc:sqlserver://db;user=app;password={a;b}"},
	"StackExchange.Redis":               {"h1:6380, h2:6380,user=app,password= p=w ,ssl=True", "app", "p=w", nil, []string{" lead", "trail ", "};,{", "a,b"}, "h1:6380, h2:6380,user=app,password= a;b ,ssl=True"},
}

func unlessPlain(plain ...string) (refused []string) {
	for _, password := range difficult {
		if !slices.Contains(plain, password) {
			refused = append(refused, password)
		}
	}
	return refused
}

// Whatever is written into a value, the program that reads it gets exactly that.
func TestRealParsersReadWhatIsWritten(t *testing.T) {
	for name, row := range judged {
		t.Run(name, func(t *testing.T) {
			l, err := form.Parse(row.value, form.Options{})
			if err != nil || l.User != row.user || l.Password != row.password || !l.NamesUser {
				t.Fatalf("read %q and %q, %v", l.User, l.Password, err)
			}
			if row.judge != nil {
				if user, password, err := row.judge(t, row.value); err != nil || user != row.user || password != row.password {
					t.Fatalf("the judge read %q and %q, %v", user, password, err)
				}
			}
			if same, err := l.With(row.user, row.password); err != nil || same != row.value {
				t.Errorf("the same login made it %q, %v", same, err)
			}
			if changed, _ := l.With(row.user, "a;b"); changed != row.changed {
				t.Errorf("got %q", changed)
			}
			for _, next := range difficult {
				if refused := !reads(t, l, row.judge, next); refused != slices.Contains(row.refused, next) {
					t.Errorf("%q: refused is %t", next, refused)
				}
			}
		})
	}
}

// reads reports whether a login can be written, and fails the test if it is then not what was
// written, or can't be undone.
func reads(t *testing.T, l form.Login, reader judge, next string) bool {
	t.Helper()
	changed, err := l.With("other", next)
	if err != nil {
		if fault, ok := errors.AsType[*rotation.Fault](err); !ok || !fault.Permanent || !strings.Contains(fault.Reason, "can't be written") || strings.Contains(fault.Reason, next) {
			t.Errorf("%q: %v", next, err)
		}
		return false
	}
	if reader != nil {
		if user, password, err := reader(t, changed); err != nil || user != "other" || password != next {
			t.Errorf("%q: the judge read %q and %q, %v", changed, user, password, err)
		}
	}
	again, err := form.Parse(changed, form.Options{})
	if err != nil || again.User != "other" || again.Password != next {
		t.Errorf("%q: read %q and %q, %v", changed, again.User, again.Password, err)
	}
	return true
}
