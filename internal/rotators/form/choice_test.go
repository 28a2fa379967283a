package form_test

import (
	"errors"
	"strings"
	"testing"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/form"
)

func TestTheLoginIsChosen(t *testing.T) {
	app := form.Options{User: "app"}
	for name, row := range map[string]struct {
		value   string
		options form.Options
		changed string // to the user other and the password N3w-12345
	}{
		"as AWS stores it":                   {`{"username":"u","password":"pw","engine":"postgres","host":"h","port":5432,"dbname":"u"}`, form.Options{}, `{"username":"other","password":"N3w-12345","engine":"postgres","host":"h","port":5432,"dbname":"u"}`},
		"as Spring names it":                 {`{"spring.datasource.username":"u","spring.datasource.password":"pw"}`, form.Options{}, `{"spring.datasource.username":"other","spring.datasource.password":"N3w-12345"}`},
		"as Spring names it in capitals":     {"SPRING_DATASOURCE_USERNAME=u\nSPRING_DATASOURCE_PASSWORD=pw\n", form.Options{}, "SPRING_DATASOURCE_USERNAME=other\nSPRING_DATASOURCE_PASSWORD=N3w-12345\n"},
		"as libpq names it":                  {"export PGUSER=u\nexport PGPASSWORD=pw\n", form.Options{}, "export PGUSER=other\nexport PGPASSWORD=N3w-12345\n"},
		"by other names":                     {`{"userId":"u","pwd":"pw","secret":"of another"}`, form.Options{}, `{"userId":"other","pwd":"N3w-12345","secret":"of another"}`},
		"with prefixes":                      {`{"dbUser":"u","dbPassword":"pw","trustStorePassword":"of another"}`, form.Options{}, `{"dbUser":"other","dbPassword":"N3w-12345","trustStorePassword":"of another"}`},
		"the outermost":                      {`{"username":"u","password":"pw","admin":{"username":"a","password":"of another"}}`, form.Options{}, `{"username":"other","password":"N3w-12345","admin":{"username":"a","password":"of another"}}`},
		"another's login with the same user": {`{"username":"u","password":"pw-123456","replica":{"username":"u","password":"of another"}}`, form.Options{}, `{"username":"other","password":"N3w-12345","replica":{"username":"u","password":"of another"}}`},
		"the only one":                       {`{"a":{"user":"u","password":"pw"},"b":{"user":"u","password":"pw"}}`, form.Options{}, `{"a":{"user":"other","password":"N3w-12345"},"b":{"user":"other","password":"N3w-12345"}}`},
		"by its field":                       {`{"a":{"user":"u","password":"pw"},"b":{"user":"v","password":"of another"}}`, form.Options{Field: "a.password"}, `{"a":{"user":"other","password":"N3w-12345"},"b":{"user":"v","password":"of another"}}`},
		"by its field in other letters":      {"db:\n  User: u\n  Password: pw\nx:\n  user: v\n  password: z", form.Options{Field: "DB.password"}, "db:\n  User: other\n  Password: N3w-12345\nx:\n  user: v\n  password: z"},
		"by its field in the right letters":  {`{"Password":"of another","password":"pw","PASSWORD":"x"}`, form.Options{Field: "password", User: "app"}, `{"Password":"of another","password":"N3w-12345","PASSWORD":"x"}`},
		"beside a key without a value":       {"user: u\npassword: pw\n? x\n", form.Options{}, "user: other\npassword: N3w-12345\n? x\n"},
		"after a line that ends in CR":       {"# of a Mac\ra:\r  user: u\r  password: pw\n# b\nb:\n  user: u\n  password: pw\n", form.Options{}, "# of a Mac\ra:\r  user: other\r  password: N3w-12345\n# b\nb:\n  user: other\n  password: N3w-12345\n"},
		"by a field with any name":           {`{"list":[{"token":"pw"},{"token":"of another"}]}`, form.Options{Field: "list[0].token", User: "app"}, `{"list":[{"token":"N3w-12345"},{"token":"of another"}]}`},
		"by a field with a login in it":      {`{"ConnectionStrings":{"A":"Server=h;Uid=u;Pwd=pw","B":"Server=h;Uid=v;Pwd=z"}}`, form.Options{Field: "ConnectionStrings.A"}, `{"ConnectionStrings":{"A":"Server=h;Uid=other;Pwd=N3w-12345","B":"Server=h;Uid=v;Pwd=z"}}`},
		"in the only field that has one":     {`{"Logging":{"Level":"x"},"ConnectionStrings":{"A":"Server=h;Uid=u;Pwd=pw"}}`, form.Options{}, `{"Logging":{"Level":"x"},"ConnectionStrings":{"A":"Server=h;Uid=other;Pwd=N3w-12345"}}`},
		"in a field as libpq has it":         {`{"dsn":"host=h user=u password=pw port=1"}`, form.Options{}, `{"dsn":"host=h user=other password=N3w-12345 port=1"}`},
		"in a field as libpq quotes it":      {`{"dsn":"user=u password='pw-123456' host=h"}`, form.Options{}, `{"dsn":"user=other password='N3w-12345' host=h"}`},
		"in a YAML field as libpq quotes it": {"dsn: \"user=u password='pw-123456' host=h\"\n", form.Options{}, "dsn: \"user=other password='N3w-12345' host=h\"\n"},
		"in a line that has one":             {"PORT=80\nDATABASE_URL=postgres://u:pw@h/db?a=b&c=d\n", form.Options{}, "PORT=80\nDATABASE_URL=postgres://other:N3w-12345@h/db?a=b&c=d\n"},
		"in one line alone":                  {"DATABASE_URL=postgres://u:pw@h/db", form.Options{}, "DATABASE_URL=postgres://other:N3w-12345@h/db"},
		"and its copies in other forms":      {`{"username":"u","password":"p;w-12345","cs":"Server=h;Uid=u;Pwd=\"p;w-12345\"","dsn":"u:p;w-12345@tcp(h)/u","url":"db://u:p%3Bw-12345@h"}`, form.Options{}, `{"username":"other","password":"N3w-12345","cs":"Server=h;Uid=other;Pwd=\"N3w-12345\"","dsn":"other:N3w-12345@tcp(h)/u","url":"db://other:N3w-12345@h"}`},
		"and its copies in JSON in a line":   {"DB_USER=u\nDB_PASSWORD=pw-123456\nCONFIG={\"user\":\"u\",\"password\":\"pw-123456\"}\n", form.Options{}, ""},
		"by the plainest names":              {`{"db":{"user":"u","password":"pw","user_name":"U."},"smtp_user":"v","smtp_password":"of another"}`, form.Options{}, `{"db":{"user":"other","password":"N3w-12345","user_name":"U."},"smtp_user":"v","smtp_password":"of another"}`},
		"without a user, in JSON":            {`{"host":"h","password":"pw"}`, app, `{"host":"h","password":"N3w-12345"}`},
		"without a user, in ADO.NET":         {"Server=h;Password=pw", app, "Server=h;Password=N3w-12345"},
		"without a user, by one line":        {"DB_PASSWORD=pw", form.Options{User: "app", Field: "DB_PASSWORD"}, "DB_PASSWORD=N3w-12345"},
		"without a user, by one YAML line":   {"password: pw\n", form.Options{User: "app", Field: "password"}, "password: N3w-12345\n"},
	} {
		t.Run(name, func(t *testing.T) {
			l, err := form.Parse(row.value, row.options)
			if err != nil || row.options.User == "" && l.User != "u" || l.NamesUser != (row.options.User == "") {
				t.Fatalf("user %q, names it %t: %v", l.User, l.NamesUser, err)
			}
			if changed, err := l.With("other", "N3w-12345"); changed != row.changed {
				t.Errorf("got %q, %v", changed, err)
			}
		})
	}
}

// A client of Redis logs in as the user default without a user name.
func TestClientsWithADefaultUser(t *testing.T) {
	for value, changed := range map[string]string{
		"h:6380,password=pw,ssl=True": "h:6380,password=N3w-12345,ssl=True",
		"redis://:pw@h":               "redis://:N3w-12345@h",
	} {
		l, err := form.Parse(value, form.Options{User: "app", UserOptional: true})
		if err != nil || l.User != "" || !l.NamesUser {
			t.Errorf("%q: %q, %t, %v", value, l.User, l.NamesUser, err)
		}
		if got, err := l.With("", "N3w-12345"); got != changed {
			t.Errorf("%q: %q, %v", value, got, err)
		}
	}
}

func TestValuesThatAreRejected(t *testing.T) {
	app := form.Options{User: "app"}
	for _, row := range []struct {
		value   string
		options form.Options
		says    string
	}{
		{"password=canary", app, "bare password or"},
		{"PASS=canary", app, "bare password or"},
		{"password: canary", app, "bare password or"},
		{"Server=h;Password=canary", form.Options{}, "no user name"},
		{"Server=h;User=a;Uid=b;Password=canary", form.Options{}, `"Uid" twice`},
		{"Server=h;User=a;Password=canary;Pwd=x", form.Options{}, `"Pwd" twice`},
		{"postgres://u:canary@h/db?password=x", form.Options{}, "another value among the parameters"},
		{"postgresql://u:canary@h/db?user=v&password=canary", form.Options{}, "another value among the parameters"},
		{`{"password":"canary","password":"x","username":"u"}`, form.Options{Field: "password"}, `"password" twice`},
		{`{"db":{"user":"u","password":"canary"},"db":{"user":"u","password":"x"}}`, form.Options{Field: "db.password"}, `"db.password" twice`},
		{`{"db":{"PASSWORD":"canary","Password":"x"}}`, form.Options{User: "u", Field: "db.password"}, "twice"},
		{"Server=h;Uid=u;Password=canary;Password=x", form.Options{}, `"Password" twice`},
		{"password=canary; host=h user=u", app, "which read"},
		{"mysql://u:canary@tcp(h)/db", form.Options{}, "may be a URL or a data source name"},
		{"jdbc:postgresql://u:canary@h/db", form.Options{}, "JDBC"},
		{"jdbc:mysql://h/db?user=u&password=can+ary", form.Options{}, "plus sign"},
		{"jdbc:mysql://u:can+ary@h/db", form.Options{}, "plus sign"},
		{"db://u:canary%ff@h?x=canary", form.Options{}, "UTF-8"},
		{"db://%ff:canary@h?x=canary", form.Options{}, "UTF-8"},
		{"\xffcanary", app, "UTF-8"},
		{"jdbc:mariadb://h/db?user=u&password=can%41ary", form.Options{}, "does not decode"},
		{"DB_USER=u\nDB_PASSWORD=can$ary\n", form.Options{}, "readers"},
		{"DB_USER=u\nDB_PASSWORD='can${ary}'\n", form.Options{}, "readers"},
		{"user: u\npassword: |\n  canary\n", form.Options{}, "one line"},
		{"user: u\npassword: canary\n---\nuser: u\npassword: x\n", form.Options{}, "several lines"},
		{"user: u\npassword: &a canary\n", form.Options{}, "one line"},
		{`{"a":{"user":"u","password":"canary"},"b":{"user":"v","password":"x"}}`, form.Options{}, "several logins"},
		{`{"a":"db://u:canary@h","b":"db://v:x@h"}`, form.Options{}, "several logins"},
		{`{"a_password":"canary","b_password":"x"}`, app, "several logins"},
		{`{"user":"u","password":"canary"}`, form.Options{Field: "pw"}, "does not have"},
		{`{"user":"u","password":"canary"}`, form.Options{Field: "canary"}, "does not have"},
		{`{"user":"u","password":12345}`, form.Options{Field: "password"}, "must be a string"},
		{`{"user":"u","password":""}`, form.Options{Field: "password"}, "is empty"},
		{"canary", form.Options{User: "app", Field: "password"}, "does not have"},
		{"AccountName=shop;AccountKey=canary==;EndpointSuffix=core.windows.net", app, "a connection string without a user"},
		{"DB_PASSWORD=canary;x", app, "password= that can't be parsed"},
		{"dbPassword=canary;x", app, "password= that can't be parsed"},
		{strings.Repeat("a=", 20000) + "canary", app, ""},
		{strings.Repeat(`{"a":`, 2000) + `"canary"` + strings.Repeat("}", 2000), app, "must have"},
	} {
		_, err := form.Parse(row.value, row.options)
		if row.says == "" && err == nil {
			continue
		}
		fault, ok := errors.AsType[*rotation.Fault](err)
		if !ok || !fault.Permanent || !strings.Contains(fault.Reason, row.says) || strings.Contains(fault.Reason, "canary") {
			t.Errorf("%.60q: %v, want %q", row.value, err, row.says)
		}
	}
}
