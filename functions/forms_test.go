package functions_test

import (
	"net/http"
	"regexp"
	"testing"

	"rotunda/internal/wiretest"
)

// A rotation keeps the form of a value, whatever reads it, and the old password ends.
func TestARotationKeepsTheFormOfTheValue(t *testing.T) {
	app := wiretest.Start(t, wiretest.Options{})
	for kind, row := range map[string]struct {
		value, becomes string
		tags           map[string]string
	}{
		"postgres": {
			"Host=db;Username=app;Password=" + firstPassword + ";Database=orders",
			`^Host=db;Username=app;Password="([^";]|"")*;([^"]|"")*";Database=orders$`,
			map[string]string{"PasswordSymbols": ";"},
		},
		"mariadb": {
			"app:" + firstPassword + "@tcp(db:3306)/orders?tls=true",
			`^app:[A-Za-z0-9]{32}@tcp\(db:3306\)/orders\?tls=true$`, nil,
		},
		"redis": {
			"cache:\n  host: h\n  username: app\n  password: '" + firstPassword + "' # of the shop\nother:\n  username: app\n  password: canary-other\n",
			`^cache:\n  host: h\n  username: app\n  password: '[A-Za-z0-9]{32}' # of the shop\nother:\n  username: app\n  password: canary-other\n$`,
			map[string]string{"ValueField": "cache.password"},
		},
	} {
		p := providers[kind](t, app)
		setTagged(t, app, kind, row.value, p.with(row.tags))
		must(t, app, "/secrets/"+kind+"/rotate?wait=true&retire=now", http.StatusOK, `"closed"`)
		if value := valueOf(t, app, kind); !regexp.MustCompile(row.becomes).MatchString(value) {
			t.Errorf("%s: %q", kind, value)
		}
		if p.accepted != nil && p.accepted(t) != 1 {
			t.Errorf("%s accepts %d passwords", kind, p.accepted(t))
		}
		must(t, app, "/secrets/"+kind+"/rotate?wait=true&retire=now", http.StatusOK, `"closed"`)
	}
}
