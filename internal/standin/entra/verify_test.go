package entra_test

import (
	"encoding/base64"
	"errors"
	"strings"
	"testing"
	"time"

	"rotunda/internal/standin/entra"
)

const resource = "https://vault.azure.net"

func newDirectory(t *testing.T, options entra.Options) *entra.Directory {
	t.Helper()
	d, err := entra.New(options)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func register(t *testing.T, d *entra.Directory, a entra.Application) entra.Application {
	t.Helper()
	registered, err := d.Register(a)
	if err != nil {
		t.Fatal(err)
	}
	return registered
}

func issue(t *testing.T, d *entra.Directory, client entra.Application, resource string) (string, entra.Claims) {
	t.Helper()
	token, claims, err := d.Issue(client.ClientID, resource, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	return token, claims
}

func TestVerifierTellsWhy(t *testing.T) {
	now := time.Now()
	options := entra.Options{Tenant: "aaaaaaaa-0000-4000-8000-000000000001", Now: func() time.Time { return now }}
	d, sameTenant := newDirectory(t, options), newDirectory(t, options)
	token, _ := issue(t, d, register(t, d, entra.Application{}), resource+"/")
	check := d.Verifier(resource)
	if _, err := check(token); err != nil {
		t.Fatalf("a good token, audience with a final slash: %v", err)
	}
	forgery, _ := issue(t, sameTenant, register(t, sameTenant, entra.Application{}), resource)
	for name, c := range map[string]struct {
		check func(string) (entra.Claims, error)
		token string
		at    time.Duration
		want  error
	}{
		"another resource":      {d.Verifier("https://graph.microsoft.com"), token, 0, entra.ErrAudience},
		"another key":           {check, forgery, 0, entra.ErrSignature},
		"changed by one letter": {check, changed(token), 0, entra.ErrSignature},
		"no token at all":       {check, "letmein", 0, entra.ErrMalformed},
		"unsigned":              {check, "eyJhbGciOiJub25lIn0.e30.", 0, entra.ErrSignature},
		"too old":               {check, token, time.Hour + time.Second, entra.ErrExpired},
		"too early":             {check, token, -time.Minute, entra.ErrTooEarly},
	} {
		now = time.Now().Add(c.at)
		if _, err := c.check(c.token); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", name, err, c.want)
		}
	}
}

// changed returns the token with a different letter in the middle of its signature.
func changed(token string) string {
	at, letter := len(token)-10, "A"
	if token[at] == 'A' {
		letter = "B"
	}
	return token[:at] + letter + token[at+1:]
}

func TestVerifierTellsTheIssuer(t *testing.T) {
	d := newDirectory(t, entra.Options{})
	token, _ := issue(t, d, register(t, d, entra.Application{}), resource)
	_, err := d.Moved("bbbbbbbb-0000-4000-8000-000000000002").Verifier(resource)(token)
	bad, ok := errors.AsType[*entra.TokenError](err)
	if !ok || !errors.Is(err, entra.ErrIssuer) || bad.Found != d.Issuer(1) {
		t.Errorf("got %v, want the issuer that was found", err)
	}
}

func TestKeysRollOver(t *testing.T) {
	d := newDirectory(t, entra.Options{})
	client, check := register(t, d, entra.Application{}), d.Verifier(resource)
	earlier, _ := issue(t, d, client, resource)
	if err := errors.Join(d.AnnounceKey(), d.RollKeys()); err != nil {
		t.Fatal(err)
	}
	later, _ := issue(t, d, client, resource)
	for _, token := range []string{earlier, later} {
		if _, err := check(token); err != nil {
			t.Errorf("after a rollover: %v", err)
		}
	}
	if earlierKey, laterKey := header(t, earlier), header(t, later); earlierKey == laterKey {
		t.Errorf("after a rollover the same key signs: %s", laterKey)
	}
	d.WithdrawKeys()
	if _, err := check(earlier); !errors.Is(err, entra.ErrSignature) {
		t.Errorf("a token of a key that was withdrawn: %v", err)
	}
	if _, err := check(later); err != nil {
		t.Errorf("a token of the key that signs: %v", err)
	}
}

// header returns the part of a token that names the key.
func header(t *testing.T, token string) string {
	t.Helper()
	first, _, _ := strings.Cut(token, ".")
	text, err := base64.RawURLEncoding.DecodeString(first)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
