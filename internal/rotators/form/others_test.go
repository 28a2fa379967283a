package form_test

import (
	"strings"
	"testing"

	"rotunda/internal/rotators/form"
)

// Another user's password may be the same text, and it stays valid. A new one in its place would
// log nobody in.
func TestThePasswordOfAnotherUserIsNotReplaced(t *testing.T) {
	for _, row := range []struct{ value, names string }{
		{`{"username":"app","password":"canary-12","admin":{"username":"root","password":"canary-12"}}`, `"admin.password"`},
		{`{"username":"app","password":"canary-12","admin":"Server=h;User Id=root;Password=canary-12"}`, `"admin"`},
		{`{"username":"app","password":"canary-12","admin":"postgres://root:canary-12@h/db"}`, `"admin"`},
		{`{"username":"app","password":"short","admin":{"username":"root","password":"short"}}`, `"admin.password"`},
		{"DB_USER=app\nDB_PASSWORD=canary-12\nADMIN_USER=root\nADMIN_PASSWORD=canary-12\n", "ADMIN_PASSWORD"},
		{"username: app\npassword: canary-12\nadmin:\n  user: root\n  password: canary-12\n", `"admin.password"`},
		{"postgres://app:canary-12@h1/db,postgres://root:canary-12@h2/db", "password"},
	} {
		o := form.Options{}
		if strings.HasPrefix(row.value, "DB_") {
			o.Field = "DB_PASSWORD"
		}
		l, err := form.Parse(row.value, o)
		if err != nil {
			if !strings.Contains(err.Error(), "several logins") && !strings.Contains(err.Error(), "twice") {
				t.Errorf("%s: %v", row.value, err)
			}
			continue
		}
		if changed, err := l.With("app", "N3w-12345"); err == nil || !strings.Contains(err.Error(), row.names) || strings.Contains(err.Error(), "canary") {
			t.Errorf("%s became %s, %v", row.value, changed, err)
		}
		if same, err := l.With("app", l.Password); same != row.value {
			t.Errorf("%s became %s, %v", row.value, same, err)
		}
	}
}
