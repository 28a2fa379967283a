package keyvault_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"rotunda/internal/standin/entra"
	"rotunda/internal/standin/identity"
	"rotunda/internal/standin/keyvault"
)

// stranger returns a token of another tenant.
func stranger(t *testing.T) string {
	t.Helper()
	s, err := identity.New(identity.Options{})
	if err != nil {
		t.Fatal(err)
	}
	token, err := s.Token(keyvault.Resource)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func TestTokensAreChecked(t *testing.T) {
	graph, err := tenant().Token("https://graph.microsoft.com")
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ authorization, message string }{
		"none":             {"", "AKV10000: Request is missing a Bearer, PoP, or MTLS_POP token."},
		"a password":       {"Basic dTpw", "AKV10000: "},
		"an empty one":     {"Bearer ", "AKV10000: "},
		"another resource": {"Bearer " + graph, "AKV10022: Invalid audience. Expected https://vault.azure.net, found: https://graph.microsoft.com."},
		"another tenant":   {"Bearer " + stranger(t), "AKV10046: Unable to resolve the key used for signature validation."},
		"no token at all":  {"Bearer letmein", "Error validating token"},
	} {
		t.Run(name, func(t *testing.T) {
			v := start(t, keyvault.Options{})
			wantChallenge(t, v, c.authorization, c.message)
		})
	}
}

func TestWrongIssuerAndExpiredTokens(t *testing.T) {
	refuse := func(bad *entra.TokenError) func(string) (entra.Claims, error) {
		return func(string) (entra.Claims, error) { return entra.Claims{}, bad }
	}
	v := start(t, keyvault.Options{Check: refuse(&entra.TokenError{Reason: entra.ErrIssuer, Want: "here", Found: "there"})})
	wantChallenge(t, v, "Bearer x.y.z", "AKV10032: Invalid issuer. Expected one of here, found there.")

	past := time.Now().Add(-25 * time.Hour)
	clock := func() time.Time { return past }
	old, err := identity.New(identity.Options{Now: func() time.Time { return clock() }})
	if err != nil {
		t.Fatal(err)
	}
	token, err := old.Token(keyvault.Resource)
	if err != nil {
		t.Fatal(err)
	}
	v = start(t, keyvault.Options{Check: old.Verifier(keyvault.Resource)})
	clock = time.Now
	wantChallenge(t, v, "Bearer "+token, "[TokenExpired]")
}

func wantChallenge(t *testing.T, v *standin, authorization, message string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), "PUT", contoso+"/secrets/bad_name", nil)
	if err != nil {
		t.Fatal(err)
	}
	if authorization != "" {
		r.Header.Set("Authorization", authorization)
	}
	got, err := v.send(r)
	if err != nil {
		t.Fatal(err)
	}
	got.want(t, 401, "Unauthorized")
	if !strings.HasPrefix(got.message(), message) {
		t.Errorf("message %q, want %q", got.message(), message)
	}
	want := `Bearer authorization="https://login.microsoftonline.com/` + tenant().Tenant() + `", resource="https://vault.azure.net"`
	if challenge := got.header.Get("WWW-Authenticate"); challenge != want {
		t.Errorf("challenge %s, want %s", challenge, want)
	}
	if counts := v.Counts(); counts.Challenges != 1 || len(counts.Calls) != 0 {
		t.Errorf("counts %+v, want one challenge", counts)
	}
}
