package chaos_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"testing"
	"time"
)

// fleet is some secrets of one kind and class on a real server, so many that one is always free while others wait.
type fleet struct {
	kind, class string
	names       []string
	pace        time.Duration // of its readers
	// login logs in on a fresh connection with a secret's value. rejected tells whether the server refused the credential.
	login func(ctx context.Context, value string) (rejected bool, err error)
	// serverLog is all that the server wrote.
	serverLog func() string
}

// secretsPerFleet times the rotations of one, a few seconds apart each, must be more than the kills that aim at them.
const secretsPerFleet = 6

// adminSecret is the name of the secret of who may change passwords.
// consent lets an admin's secret be sent to the servers here.
var consent = map[string]string{"AdminFor": "localhost,127.0.0.1"}

func adminSecret(kind string) string { return kind + "-admin" }

// newFleet makes accounts, and the secrets that say how to log in with them.
func newFleet(t *testing.T, v vault, f fleet, account func(user, password string) (value string), tags map[string]string) *fleet {
	t.Helper()
	for i := range secretsPerFleet {
		user := fmt.Sprintf("%s_%s_%d", f.kind, f.class, i)
		name := fmt.Sprintf("%s-%s-%d", f.kind, f.class, i)
		mine := map[string]string{"CredentialId": user, "ValidityPeriodDays": "60", "team": "chaos"}
		for tag, text := range tags {
			mine[tag] = text
		}
		v.set(t, name, account(user, canary()), mine, nil)
		f.names = append(f.names, name)
	}
	return &f
}

// canary is a password that no log may have.
func canary() string { return "canary-" + rand.Text() }

// loginJSON is the JSON form of a login.
func loginJSON(user, password string) string {
	return fmt.Sprintf(`{"username":%q,"password":%q}`, user, password)
}
