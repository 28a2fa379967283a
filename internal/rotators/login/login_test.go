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
		"a bare password":         {"pw", "app", "app", "pw", "n3w", nil},
		"a URL":                   {"postgres://app:p%40w@db:5432/app?sslmode=require", "", "app", "p@w", "postgres://other:n3w@db:5432/app?sslmode=require", nil},
		"a URL without a user":    {"redis://:pw@cache:6379/0", "", "", "pw", "redis://other:n3w@cache:6379/0", []login.Option{login.UserOptional}},
		"JSON keeps other fields": {`{"username":"app","password":"pw","port":5432}`, "", "app", "pw", `{"password":"n3w","port":5432,"username":"other"}`, nil},
	} {
		t.Run(name, func(t *testing.T) {
			l, err := login.Parse(secret.NewValue(row.value), row.user, row.options...)
			if err != nil || l.User != row.wantUser || l.Password.Reveal() != row.wantPassword {
				t.Fatalf("user %q, %v", l.User, err)
			}
			if changed, err := l.With("other", "n3w"); err != nil || changed.Reveal() != row.changed {
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
		"postgres://:pw@db":            "user:password@",
		"postgres://app:canary-p%w@db": "Percent-encode",
		`{"username":"app"}`:           `"password"`,
		`{"username":"app",`:           "not a JSON object",
		`{"username":"app","password":"canary-12","dsn":"app:canary-12@db"}`: `"dsn"`,
	} {
		_, err := login.Parse(secret.NewValue(value), "")
		fault, ok := errors.AsType[*rotation.Fault](err)
		if !ok || !fault.Permanent || !strings.Contains(fault.Reason, says) || strings.Contains(fault.Reason, "canary") {
			t.Errorf("%s: %v", value, err)
		}
	}
}
