package chaos_test

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"testing"
	"time"
)

// fleet is a set of secrets of one kind and class on a real server.
type fleet struct {
	kind, class string
	admin       string // the name of the secret with its administrator's login
	isAdmin     bool   // or it is one
	names       []string
	pace        time.Duration // of its readers
	// id returns what the tag CredentialId says of a user; nil means the user's name.
	id func(user string) string
	// login logs in on a new connection with a secret's value. rejected reports whether the
	// server rejected the credential.
	login func(ctx context.Context, value string) (rejected bool, err error)
	// serverLog returns everything that the server logged.
	serverLog func() string
}

// secretsPerFleet returns how many secrets a fleet has. Many kills need so many that one is always
// free while others wait.
func secretsPerFleet(t *testing.T) int {
	if number(t, "KILLS", fewKills) >= manyKills {
		return 6
	}
	return 3
}

// consent allows an admin's secret to be sent to a server, such as redis://127.0.0.1:6379.
func consent(server string) map[string]string { return map[string]string{"AdminFor": server} }

// adminSecret returns the name of the secret with the admin's login.
func adminSecret(kind string) string { return kind + "-admin" }

func (f *fleet) String() string {
	if f.isAdmin {
		return f.kind + " admin " + f.class
	}
	return f.kind + " " + f.class
}

// adminFleet returns the fleet of one secret, with the login of an administrator, that is rotated
// as its children are.
func adminFleet(t *testing.T, v vault, f fleet, value string, tags map[string]string) *fleet {
	t.Helper()
	tags["ValidityPeriodDays"] = "60"
	v.set(t, adminSecret(f.kind), value, tags, nil)
	f.isAdmin, f.admin, f.names = true, tags["AdminSecret"], []string{adminSecret(f.kind)}
	return &f
}

// newFleet creates accounts, and the secrets with their logins.
func newFleet(t *testing.T, v vault, f fleet, account func(user, password string) (value string), tags map[string]string) *fleet {
	t.Helper()
	f.admin = tags["AdminSecret"]
	for i := range secretsPerFleet(t) {
		user := fmt.Sprintf("%s_%s_%d", f.kind, f.class, i)
		name := fmt.Sprintf("%s-%s-%d", f.kind, f.class, i)
		mine := map[string]string{"CredentialId": f.idOf(user), "ValidityPeriodDays": "60", "team": "chaos"}
		for tag, text := range tags {
			mine[tag] = text
		}
		v.set(t, name, account(user, canary()), mine, nil)
		f.names = append(f.names, name)
	}
	return &f
}

func (f *fleet) idOf(user string) string {
	if f.id == nil {
		return user
	}
	return f.id(user)
}

// canary returns a password that no log may contain.
func canary() string { return "canary-" + rand.Text() }

// loginJSON returns the JSON form of a login.
func loginJSON(user, password string) string {
	return fmt.Sprintf(`{"username":%q,"password":%q}`, user, password)
}

// readJSON returns the login in a value of that form.
func readJSON(value string) (user, password string, err error) {
	var login struct{ Username, Password string }
	err = json.Unmarshal([]byte(value), &login)
	return login.Username, login.Password, err
}
