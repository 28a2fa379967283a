package rotators

import (
	"errors"
	"strings"
	"testing"

	"rotunda/internal/rotation"
	"rotunda/internal/secret"
)

func TestLoginsKeepTheirShape(t *testing.T) {
	for name, row := range map[string]struct{ value, user, wantUser, wantPassword, changed string }{
		"a bare password":         {"pw", "app", "app", "pw", "n3w"},
		"a URL":                   {"postgres://app:p%40w@db:5432/app?sslmode=require", "", "app", "p@w", "postgres://other:n3w@db:5432/app?sslmode=require"},
		"Redis's default user":    {"redis://:pw@cache:6379/0", "", "", "pw", "redis://other:n3w@cache:6379/0"},
		"JSON keeps other fields": {`{"username":"app","password":"pw","port":5432}`, "", "app", "pw", `{"password":"n3w","port":5432,"username":"other"}`},
	} {
		t.Run(name, func(t *testing.T) {
			l, err := parseLogin(secret.NewValue(row.value), row.user)
			if err != nil || l.user != row.wantUser || l.password.Reveal() != row.wantPassword {
				t.Fatalf("user %q, %v", l.user, err)
			}
			if changed, err := l.with("other", "n3w"); err != nil || changed.Reveal() != row.changed {
				t.Errorf("got %s, %v", changed.Reveal(), err)
			}
		})
	}
}

func TestWrongLoginsSayWhatIsWrong(t *testing.T) {
	for value, says := range map[string]string{
		"":                             "empty",
		"pw":                           "CredentialId",
		"postgres://db:5432/app":       "user:password@",
		"postgres://app:canary-p%w@db": "Percent-encode",
		`{"username":"app"}`:           `"password"`,
		`{"username":"app",`:           "not a JSON object",
		`{"username":"app","password":"canary-12","dsn":"app:canary-12@db"}`: `"dsn"`,
	} {
		_, err := parseLogin(secret.NewValue(value), "")
		fault, ok := errors.AsType[*rotation.Fault](err)
		if !ok || !fault.Permanent || !strings.Contains(fault.Reason, says) || strings.Contains(fault.Reason, "canary") {
			t.Errorf("%s: %v", value, err)
		}
	}
}
