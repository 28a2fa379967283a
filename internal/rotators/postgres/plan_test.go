package postgres

import (
	"errors"
	"net/url"
	"strings"
	"testing"
	"testing/fstest"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/login"
	"rotunda/internal/rotators/rotatortest"
	"rotunda/internal/secret"
)

func subject(change func(*rotation.Subject)) rotation.Subject {
	s := rotation.Subject{
		Name: "app-db", Address: "postgres://DB.example/app", CredentialID: "app", Tags: map[string]string{},
		Current: urlValue("app_b", "canary-current"), Admin: secret.NewValue(`{"username":"boss","password":"canary-admin"}`),
	}
	change(&s)
	return s
}

func TestPostgresPlans(t *testing.T) {
	none := secret.Value{}
	for name, row := range map[string]struct {
		change   func(*rotation.Subject)
		class    rotation.Class
		identity string
		user     string
		warnings int
	}{
		"after _b comes _a":          {func(*rotation.Subject) {}, "A", "postgres://db.example:5432/app as app", "app_a", 0},
		"after _a comes _b":          {func(s *rotation.Subject) { s.Current = urlValue("app_a", "x") }, "A", "postgres://db.example:5432/app as app", "app_b", 0},
		"after the owner comes _a":   {func(s *rotation.Subject) { s.Current = urlValue("app", "x") }, "A", "postgres://db.example:5432/app as app", "app_a", 1},
		"after anybody comes _a":     {func(s *rotation.Subject) { s.Current = urlValue("joe", "x") }, "A", "postgres://db.example:5432/app as app", "app_a", 1},
		"A without an administrator": {func(s *rotation.Subject) { s.Admin, s.Tags[rotation.TagClass] = none, "A" }, "A", "postgres://db.example:5432/app as app", "app_a", 0},
		"S without an administrator": {func(s *rotation.Subject) { s.Admin, s.CredentialID = none, "app_b" }, "S", "postgres://db.example:5432/app as app_b", "app_b", 1},
		"S says its own login":       {func(s *rotation.Subject) { s.Admin, s.CredentialID = none, "" }, "S", "postgres://db.example:5432/app as app_b", "app_b", 1},
		"S because the tag says so":  {func(s *rotation.Subject) { s.CredentialID, s.Tags[rotation.TagClass] = "app_b", "S" }, "S", "postgres://db.example:5432/app as app_b", "app_b", 1},
		"another port, no database":  {func(s *rotation.Subject) { s.Address = "postgresql://[::1]:99" }, "A", "postgres://[::1]:99/postgres as app", "app_a", 0},
		"nobody checks the server":   {func(s *rotation.Subject) { s.Address += "?sslmode=require" }, "A", "postgres://db.example:5432/app as app", "app_a", 1},
	} {
		t.Run(name, func(t *testing.T) {
			p := plan(t, subject(row.change))
			next, err := login.Parse(p.Next, "app_b")
			if err != nil || p.Class != row.class || p.Identity != row.identity || next.User != row.user || len(p.Warnings) != row.warnings {
				t.Errorf("%s, %s, next %s, %v, %v", p.Class, p.Identity, next.User, p.Warnings, err)
			}
			if len(next.Password.Reveal()) != rotation.Alphanumeric.Length || p.Decoy.Equal(p.Next) {
				t.Error("weak password or decoy")
			}
		})
	}
}

func TestPostgresWrongSubjects(t *testing.T) {
	address := func(text string) func(*rotation.Subject) {
		return func(s *rotation.Subject) { s.Address = text }
	}
	current := func(value secret.Value) func(*rotation.Subject) {
		return func(s *rotation.Subject) { s.Current = value }
	}
	single := func(credential string, value secret.Value) func(*rotation.Subject) {
		return func(s *rotation.Subject) {
			s.CredentialID, s.Current, s.Tags[rotation.TagClass] = credential, value, "S"
		}
	}
	bare := secret.NewValue("canary-bare")
	for says, changes := range map[string][]func(*rotation.Subject){
		"must have the form": {address(""), address("canary"), address("mysql://db"), address("postgres:canary"), address("postgres://db/a#canary"), address("postgres://db:canary/"), address("postgres://%2Fcanary/app")},
		"user or password":   {address("postgres://app:canary@db/app"), address("postgres://canary@db")},
		"query parameters":   {address("postgres://db?password=canary"), address("postgres://db?sslmode=require&sslmode=disable"), address("postgres://db?host=canary")},
		"can't be parsed":    {address("postgres://db?%zz=canary")},
		"one host name":      {address("postgres:///app"), address("postgres://a,canary/app"), address("postgres://[fe80::1%25canary]/app")},
		"number from 1":      {address("postgres://db:0"), address("postgres://db:65536")},
		"one database":       {address("postgres://db/canary/b"), address("postgres://db/a%00canary")},
		"at most 63 bytes":   {address("postgres://db/" + strings.Repeat("canary", 11))},
		"must be disable":    {address("postgres://db?sslmode=prefer"), address("postgres://db?sslmode=canary")},
		"has no effect":      {address("postgres://db?sslmode=require&sslrootcert=canary")},
		"without its folder": {
			address("postgres://db?sslrootcert=/dev/canary"), address("postgres://db?sslrootcert=../canary"), address("postgres://db?sslrootcert=..%5Ccanary"),
			address("postgres://db?sslrootcert=."), address("postgres://db?sslrootcert=.."), address("postgres://db?sslrootcert=c:canary"), address("postgres://db?sslrootcert=canary%00"),
		},
		"ROTATION_CA_FOLDER":         {address("postgres://db?sslrootcert=canary")},
		"ROTATION_ALLOW_PLAINTEXT":   {address("postgres://db?sslmode=disable"), address("postgres://127.0.0.1.example.com?sslmode=disable")},
		"needs the parameter":        {address("postgres://db?sslmode=verify-ca")},
		"must be A or S":             {func(s *rotation.Subject) { s.Tags[rotation.TagClass] = "canary" }, func(s *rotation.Subject) { s.Tags[rotation.TagClass] = "O" }},
		"must be S or A":             {func(s *rotation.Subject) { s.Admin, s.Tags[rotation.TagClass] = secret.Value{}, "O" }},
		"needs the tag CredentialId": {func(s *rotation.Subject) { s.CredentialID = "" }},
		"in 63 bytes":                {func(s *rotation.Subject) { s.CredentialID = strings.Repeat("c", 62) }},
		"Add the tag CredentialId":   {single("", bare)},
		"is a bare password":         {current(bare)},
		"is empty":                   {current(secret.NewValue("")), current(secret.Value{})},
		"user:password@":             {current(secret.NewValue("postgres://canary@db"))},
		"must be a URL or JSON":      {func(s *rotation.Subject) { s.Admin = bare }, func(s *rotation.Subject) { s.Admin = secret.NewValue("") }},
		"Name another administrator": {
			current(urlValue("boss", "canary-current")),
			func(s *rotation.Subject) { s.CredentialID = "boss" },
			func(s *rotation.Subject) { s.Admin = urlValue("app_a", "canary-admin") },
		},
		"not the one in the tag": {single("joe", urlValue("app", "canary-current"))},
		"AdminSecret's own":      {single("boss", urlValue("boss", "canary-current"))},
		"can't be the name":      {current(urlValue(strings.Repeat("canary", 11), "x")), single("", urlValue("canary\x00", "x")), func(s *rotation.Subject) { s.CredentialID = "a\nb" }},
		"tag PasswordLength":     {func(s *rotation.Subject) { s.Tags[rotation.TagPasswordLength] = "canary" }},
		"too few possible":       {func(s *rotation.Subject) { s.Tags[rotation.TagPasswordExclude] = rotation.Alphanumeric.Letters[1:] }},
	} {
		for _, change := range changes {
			_, err := Rotator{}.Plan(subject(change))
			if fault := rotatortest.Fault(t, err); fault == nil || !fault.Permanent || !strings.Contains(fault.Reason, says) {
				t.Errorf("%v does not say %q", err, says)
			}
		}
	}
}

func TestPostgresWrongNextValues(t *testing.T) {
	s := subject(func(*rotation.Subject) {})
	for says, next := range map[string]secret.Value{
		"is for a login that":   urlValue("joe", "canary"),
		"that readers use now":  urlValue("app_b", "canary-other"),
		"characters beyond":     urlValue("app_a", "canary-ü"),
		"is a bare password":    secret.NewValue("canary"),
		"The secret's value is": secret.NewValue(""),
	} {
		saysStop(t, s, next, says, true)
	}
	single := subject(func(s *rotation.Subject) { s.Admin, s.CredentialID = secret.Value{}, "" })
	saysStop(t, single, urlValue("_a", "canary"), "is for a login that", true)
}

func FuzzPostgresAddress(f *testing.F) {
	for _, seed := range []string{
		"postgres://db.example:5432/app?sslmode=verify-full&sslrootcert=a.pem", "postgresql://[::1]:99", "postgres://a,b/app", "postgres://%2Ftmp/x",
		"postgres://u:p@db", "postgres://db/a%2Fb", "postgres://[fe80::1%25eth0]/", "postgres://db:0", "postgres://db?sslmode=disable", "postgres://db/%C3%BC%20",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		trust := rotation.Trust{CAs: fstest.MapFS{}, Plaintext: true}
		a, err := parseAddress(text, trust)
		if err != nil {
			if fault, ok := errors.AsType[*rotation.Fault](err); !ok || !fault.Permanent {
				t.Fatalf("%T", err)
			}
			return
		}
		if a.Port == "" || a.Database == "" || a.tls.Mode == "" {
			t.Fatalf("%+v", a)
		}
		query := url.Values{"sslmode": {string(a.tls.Mode)}, "sslrootcert": {a.tls.RootsFile}}
		again, err := parseAddress(a.String()+"?"+query.Encode(), trust)
		if again.Scheme = a.Scheme; err != nil || again.Server != a.Server || again.tls.Mode != a.tls.Mode || again.tls.RootsFile != a.tls.RootsFile {
			t.Fatalf("%+v is not %+v: %v", again, a, err)
		}
	})
}
