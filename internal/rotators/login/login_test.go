package login_test

import (
	"errors"
	"strings"
	"testing"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/login"
	"rotunda/internal/secret"
)

func TestLoginsKeepTheirShape(t *testing.T) {
	for name, row := range map[string]struct {
		value, user, wantUser, wantPassword, changed string
		options                                      []login.Option
	}{
		"a bare password":                   {"pw", "app", "app", "pw", "n3w", nil},
		"a bare password and a line end":    {"pw\n", "app", "app", "pw", "n3w\n", nil},
		"a bare password of a desk":         {"\ufeffpw\r\n", "app", "app", "pw", "\ufeffn3w\r\n", nil},
		"a URL":                             {"postgres://app:p%40w@db:5432/app?sslmode=require", "", "app", "p@w", "postgres://other:n3w@db:5432/app?sslmode=require", nil},
		"a URL and a line end":              {"postgres://app:p%40w@db\n", "", "app", "p@w", "postgres://other:n3w@db\n", nil},
		"a URL after a mark":                {"\ufeffpostgres://app:pw@db", "", "app", "pw", "\ufeffpostgres://other:n3w@db", nil},
		"a URL without a user":              {"redis://:pw@cache:6379/0", "", "", "pw", "redis://other:n3w@cache:6379/0", []login.Option{login.UserOptional}},
		"a URL in odd letters":              {"Postgres://app:pw@DB/%41?a=1&&b#", "", "app", "pw", "Postgres://other:n3w@DB/%41?a=1&&b#", nil},
		"a URL that repeats it":             {"db://app:canary-12@h?user=app&password=canary-12", "", "app", "canary-12", "db://other:n3w@h?user=other&password=n3w", nil},
		"JSON keeps other fields":           {`{"username":"app","password":"pw","port":5432}`, "", "app", "pw", `{"username":"other","password":"n3w","port":5432}`, nil},
		"JSON keeps order, space and marks": {"\ufeff{ \"port\" : 1e3,\n \"password\":\"pw\",\"username\" :\"\\u0061pp\", \"x\":[ ] }\r\n", "", "app", "pw", "\ufeff{ \"port\" : 1e3,\n \"password\":\"n3w\",\"username\" :\"other\", \"x\":[ ] }\r\n", nil},
		"JSON keeps duplicates":             {`{"a":1,"a":2,"username":"app","password":"pw"}`, "", "app", "pw", `{"a":1,"a":2,"username":"other","password":"n3w"}`, nil},
		"both of a duplicate":               {`{"username":"app","password":"pw","password":"pw"}`, "", "app", "pw", `{"username":"other","password":"n3w","password":"n3w"}`, nil},
		"other names":                       {`{"User":"app","Password":"pw"}`, "", "app", "pw", `{"User":"other","Password":"n3w"}`, nil},
		"an object within":                  {`{"db":{"user":"app","password":"pw"},"n":[{"a":"b"}]}`, "", "app", "pw", `{"db":{"user":"other","password":"n3w"},"n":[{"a":"b"}]}`, nil},
	} {
		t.Run(name, func(t *testing.T) {
			l, err := login.Parse(secret.NewValue(row.value), row.user, row.options...)
			if err != nil || l.User != row.wantUser || l.Password.Reveal() != row.wantPassword {
				t.Fatalf("user %q, %v", l.User, err)
			}
			if changed, err := l.With("other", "n3w"); err != nil || changed.Reveal() != row.changed {
				t.Errorf("got %q, %v", changed.Reveal(), err)
			}
			if same, err := l.With(l.User, l.Password.Reveal()); err != nil || same.Reveal() != row.value {
				t.Errorf("got %q, %v", same.Reveal(), err)
			}
		})
	}
}

func TestCopiesAreReplacedWithTheLogin(t *testing.T) {
	for name, row := range map[string][2]string{
		"a URL":                    {`"uri":"postgres://u:p%40ss%21word%2312@h/db"`, `"uri":"postgres://u_a:n3w@h/db"`},
		"a URL in other letters":   {`"uri":"postgres://u:p%40ss!word%2312@h/u?x=%20"`, `"uri":"postgres://u_a:n3w@h/u?x=%20"`},
		"two URLs":                 {`"uri":"db://u:p%40ss!word%2312@h,db://u:p%40ss!word%2312@i"`, `"uri":"db://u_a:n3w@h,db://u_a:n3w@i"`},
		"a URL of a user":          {`"uri":"postgres://u@h/db"`, `"uri":"postgres://u_a@h/db"`},
		"JDBC":                     {`"jdbcUrl":"jdbc:postgresql://h/u?user=u&password=p%40ss%21word%2312"`, `"jdbcUrl":"jdbc:postgresql://h/u?user=u_a&password=n3w"`},
		"JDBC's user":              {`"jdbcUrl":"jdbc:postgresql://h/u?user=u"`, `"jdbcUrl":"jdbc:postgresql://h/u?user=u_a"`},
		"ADO.NET":                  {`"cs":"Server=h;User Id=u;Password=p@ss!word#12;Database=u"`, `"cs":"Server=h;User Id=u_a;Password=n3w;Database=u"`},
		"libpq":                    {`"cs":"host=h user=u password='p@ss!word#12'"`, `"cs":"host=h user=u_a password='n3w'"`},
		"go-sql-driver":            {`"dsn":"u:p@ss!word#12@tcp(h)/u"`, `"dsn":"u_a:n3w@tcp(h)/u"`},
		"StackExchange.Redis":      {`"cs":"h:6380,user=u,password=p@ss!word#12,ssl=True"`, `"cs":"h:6380,user=u_a,password=n3w,ssl=True"`},
		"escapes":                  {`"pw":"p@ss\u0021word#12"`, `"pw":"n3w"`},
		"JSON in JSON":             {`"inner":"{\"user\":1,\"password\":\"p@ss!word#12\"}"`, `"inner":"{\"user\":1,\"password\":\"n3w\"}"`},
		"another name of the user": {`"user":"u"`, `"user":"u_a"`},
		"in a list":                {`"all":[{"password":"p@ss!word#12"}]`, `"all":[{"password":"n3w"}]`},
		"what only looks so":       {`"database":"u","host":"u.example.com"`, `"database":"u","host":"u.example.com"`},
	} {
		t.Run(name, func(t *testing.T) {
			l, err := login.Parse(secret.NewValue(`{"username":"u","password":"p@ss!word#12",`+row[0]+`}`), "")
			if err != nil {
				t.Fatal(err)
			}
			if got, err := l.With("u_a", "n3w"); err != nil || got.Reveal() != `{"username":"u_a","password":"n3w",`+row[1]+`}` {
				t.Errorf("%s, %v", got.Reveal(), err)
			}
		})
	}
}

func TestCopiesThatCantBeReplaced(t *testing.T) {
	for says, values := range map[string][]string{
		`"basic"`: {
			`{"username":"u","password":"canary-12","basic":"Basic dTpjYW5hcnktMTI="}`,
			`{"username":"u","password":"canary-12","basic":"63616e6172792d3132"}`,
			`{"username":"u","password":"canary-12","basic":"db.canary-12.example.com"}`,
			`{"username":"u","password":"canary","basic":"it is canary"}`,
			`{"username":"u","password":"canary","basic":"canary"}`,
			`{"username":"u","password":"12345678","basic":12345678}`,
			`{"username":"u","password":"canary-12","basic":"key=u;password=canary-12"}`, // is that the user?
		},
		`"a.b[1]"`:          {`{"username":"u","password":"canary-12","a":{"b":[0,"-canary-12-"]}}`},
		"in the name":       {`{"username":"u","password":"canary-12","canary-12":"x"}`},
		"repeats its user":  {"db://u:canary-12@h/canary-12", "db://u:pw@h?a=pw"},
		"twice":             nil,
		"can't be written ": nil,
	} {
		for _, value := range values {
			l, err := login.Parse(secret.NewValue(value), "")
			if err != nil {
				t.Fatal(err)
			}
			_, err = l.With("u_a", "n3wN3w")
			wantFault(t, value, err, says)
		}
	}
}

// A password with symbols may need quotes in some other form, which Rotunda does not know.
func TestSymbolsOnlyGoWhereTheirEncodingIsKnown(t *testing.T) {
	l, err := login.Parse(secret.NewValue(`{"username":"u","password":"canary-12","uri":"db://u:canary-12@h"}`), "")
	if err != nil {
		t.Fatal(err)
	}
	if got, err := l.With("u", `n"3/w`); err != nil || got.Reveal() != `{"username":"u","password":"n\"3/w","uri":"db://u:n%223%2Fw@h"}` {
		t.Errorf("%s, %v", got.Reveal(), err)
	}
	l, err = login.Parse(secret.NewValue(`{"username":"u","password":"canary-12","note":"it is password=canary-12, really"}`), "")
	if err != nil {
		t.Fatal(err)
	}
	_, err = l.With("u", `n;3w`)
	wantFault(t, "password=", err, `"note"`)
	bare, err := login.Parse(secret.NewValue("canary"), "app")
	if err != nil {
		t.Fatal(err)
	}
	_, err = bare.With("app", "n3w://")
	wantFault(t, "bare", err, "can't be written")
	tags := map[string]string{rotation.TagPasswordSymbols: `{"[:/=`}
	for range 200 {
		if next, _, err := bare.Renew("app", tags); err != nil || strings.Contains(next.Reveal(), "://") {
			t.Fatal(next.Reveal(), err)
		}
	}
}

// A string of StackExchange.Redis can't have a comma, which four of five passwords here have.
func TestRenewFindsAPasswordThatCanBeWritten(t *testing.T) {
	l, err := login.Parse(secret.NewValue("h:6380,user=u,password=canary-12"), "")
	if err != nil {
		t.Fatal(err)
	}
	tags := map[string]string{rotation.TagPasswordSymbols: "!,", rotation.TagPasswordLength: "44", rotation.TagPasswordExclude: rotation.Alphanumeric.Letters[26:]}
	for range 100 {
		if next, _, err := l.Renew("u", tags); err != nil || !strings.HasPrefix(next.Reveal(), "h:6380,user=u,password=") {
			t.Fatal(next.Reveal(), err)
		}
	}
}

// One password of 60 has one of these parts of the name, and policies refuse it.
func TestRenewMakesNoPasswordWithPartOfTheName(t *testing.T) {
	const user = "Abcdefghijklmnopqrst"
	l, err := login.Parse(secret.NewValue("canary-12"), user)
	if err != nil {
		t.Fatal(err)
	}
	for range 1000 {
		next, decoy, err := l.Renew(user, nil)
		if err != nil {
			t.Fatal(err)
		}
		for i := range len(user) - 2 {
			if part := strings.ToLower(user[i : i+3]); strings.Contains(strings.ToLower(next.Reveal()), part) || strings.Contains(strings.ToLower(decoy.Reveal()), part) {
				t.Fatalf("%s in %s or %s", part, next.Reveal(), decoy.Reveal())
			}
		}
	}
}

func TestRenewSaysWhyNoPasswordCanBeWritten(t *testing.T) {
	tags := map[string]string{rotation.TagPasswordSymbols: "$"}
	for says, value := range map[string]string{
		`"note"`:        `{"username":"u","password":"canary-12","note":"it is canary-12"}`,
		`"DB_PASSWORD"`: "DB_USER=u\nDB_PASSWORD=canary-12\n",
	} {
		l, err := login.Parse(secret.NewValue(value), "")
		if err != nil {
			t.Fatal(err)
		}
		next, _, err := l.Renew("u", tags)
		wantFault(t, value, err, says)
		if next.IsSet() {
			t.Errorf("%s: there is a value", value)
		}
	}
}

func wantFault(t *testing.T, value string, err error, says string) {
	t.Helper()
	fault, ok := errors.AsType[*rotation.Fault](err)
	if !ok || !fault.Permanent || !strings.Contains(fault.Reason, says) || strings.Contains(fault.Reason, "canary") {
		t.Errorf("%s: %v, want %q", value, err, says)
	}
}

func TestWrongLoginsSayWhatIsWrong(t *testing.T) {
	for value, says := range map[string]string{
		"":                                    "empty",
		"\ufeff\n":                            "empty",
		"pw":                                  "CredentialId",
		"postgres://db:5432/app":              "user:password@",
		"postgres://:pw@db":                   "user:password@",
		"canary://cd":                         "or a bare password",
		"postgres://app:canary-p%w@db":        "Percent-encode",
		`{"username":"app"}`:                  `"password"`,
		`{"username":"app",`:                  "not a JSON object",
		"{canary}def":                         "not a JSON object",
		"\ufeff{'username':'canary'}":         "not a JSON object",
		`["canary"]`:                          "JSON that is not an object",
		`"canary"`:                            "JSON that is not an object",
		"h:6380,password=canary,ssl=True":     "no user name",
		"password=canary":                     "bare password or",
		"=password=canary":                    "can't be parsed",
		"jdbc:oracle:thin:u/canary@h":         "JDBC",
		"-----BEGIN PRIVATE KEY-----\ncanary": "PEM",
		"user: u\ncanary: x":                  "several lines",
		`{"username":"a","password":"canary","password":"x"}`:                    `"password" twice`,
		`{"user":"a","user":"b","password":"canary"}`:                            `"user" twice`,
		`{"a":{"user":"a","password":"canary"},"b":{"user":"b","password":"x"}}`: "ValueField",
	} {
		_, err := login.Parse(secret.NewValue(value), "")
		wantFault(t, value, err, says)
	}
}

func TestClassAMustKnowWhereTheUserIs(t *testing.T) {
	for value, says := range map[string]string{"canary": "is a bare password", `{"password":"canary"}`: "has no user name", "Server=h;Pwd=canary": "has no user name", "db://u:canary@h": ""} {
		l, err := login.Parse(secret.NewValue(value), "u")
		if err != nil {
			t.Fatal(err)
		}
		if err := l.CheckNamesUser(); says != "" {
			wantFault(t, value, err, says)
		} else if err != nil {
			t.Error(err)
		}
	}
}
