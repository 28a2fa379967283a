package signin_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"rotunda/internal/access"
	"rotunda/internal/access/signin"
)

// signInAs signs in and checks what holds of any refusal.
func signInAs(t *testing.T, tokens *signin.Tokens, authorization string) *access.Caller {
	t.Helper()
	defer tokens.Forget()
	caller, err := tokens.SignIn(&http.Request{Header: http.Header{"Authorization": {authorization}}})
	if err == nil {
		return caller
	}
	refusal, ok := errors.AsType[*signin.Error](err)
	if !ok || caller != nil || refusal.Challenge() == "" || refusal.Message() == "" || len(err.Error()) > 200 {
		t.Errorf("caller %v, refusal %+v", caller, err)
	}
	if strings.ContainsFunc(err.Error()+refusal.Message(), func(c rune) bool { return c < ' ' || c > '~' }) {
		t.Errorf("a refusal quotes its token: %q, %q", err, refusal.Message())
	}
	return nil
}

func FuzzAuthorization(f *testing.F) {
	for _, row := range wrong() {
		if len(row.token) < 5000 {
			f.Add("Bearer " + row.token)
		}
	}
	good := curve().token(v1(nil))
	f.Add("Bearer " + good)
	tokens := newTokens(f, entra(pss())) // no token above is good with this key, whatever the time
	f.Fuzz(func(t *testing.T, authorization string) {
		if caller := signInAs(t, tokens, authorization); caller != nil {
			t.Errorf("%q signs in as %v", authorization, caller)
		}
	})
}

// Headers that are signed with the right key.
func FuzzHeader(f *testing.F) {
	f.Add(curve().header(nil))
	f.Add(`{"alg":"none","alg":"ES256","kid":"curve"}`)
	f.Add(`{"alg":"ES256","kid":"curve","jwk":{"kty":"EC"}}`)
	f.Add(`{"alg":"ES256","kid":"curve","crit":["b64"],"b64":false}`)
	f.Add(`{"ALG":"ES256","alg":"HS256","kid":"first"}`)
	f.Add(" {\"alg\":\"ES256\",\"kid\":\"curve\"}\n")
	f.Add(`null`)
	claims := asJSON(v1(map[string]any{"exp": seconds(24 * time.Hour)}))
	tokens := newTokens(f, entra(curve()))
	f.Fuzz(func(t *testing.T, header string) {
		if signInAs(t, tokens, "Bearer "+curve().sign(header, claims)) == nil {
			return
		}
		var h map[string]any
		if err := json.Unmarshal([]byte(header), &h); err != nil || h["alg"] != "ES256" || h["kid"] != "curve" {
			t.Errorf("%q signs in: %v", header, err)
		}
		for _, name := range []string{"jwk", "jku", "x5u", "x5c", "crit"} {
			if _, ok := h[name]; ok {
				t.Errorf("%q signs in with %s", header, name)
			}
		}
	})
}

// Claims that are signed with the right key.
func FuzzClaims(f *testing.F) {
	day := map[string]any{"exp": seconds(24 * time.Hour)}
	for _, claims := range []map[string]any{v1(day), v2(day), workflow(day), v1(map[string]any{"aud": "https://vault.azure.net"}), v1(map[string]any{"tid": otherTenant})} {
		f.Add(asJSON(claims))
	}
	good := strings.TrimSuffix(asJSON(v1(day)), "}")
	for _, more := range []string{`,"oid":"x"}`, `,"OID":"x"}`, `,"\u0074id":"x"}`, `,"groups":["a",1]}`, `,"exp":1e99}`, `}{}`, `,"x":{"a":1,"a":2}}`} {
		f.Add(good + more)
	}
	tokens := newTokens(f, entra(curve()))
	f.Fuzz(func(t *testing.T, payload string) {
		caller := signInAs(t, tokens, "Bearer "+curve().sign(curve().header(nil), payload))
		if caller == nil {
			return
		}
		var c map[string]any
		if err := json.Unmarshal([]byte(payload), &c); err != nil {
			t.Fatalf("%q signs in: %v", payload, err)
		}
		if seconds, ok := c["exp"].(float64); !ok || time.Now().After(time.Unix(int64(seconds), 0).Add(61*time.Second)) {
			t.Errorf("%q signs in with exp %v", payload, c["exp"])
		}
		switch c["iss"] {
		case v1Issuer, v2Issuer:
			checkEntra(t, caller, c)
		case github:
			if want := "github:" + c["repository"].(string) + ":" + c["ref"].(string); caller.String() != want || strings.Count(want, ":") != 2 {
				t.Errorf("%q signs in as %v", payload, caller)
			}
		default:
			t.Errorf("%q signs in", payload)
		}
	})
}

func checkEntra(t *testing.T, caller *access.Caller, c map[string]any) {
	t.Helper()
	oid, _ := c["oid"].(string)
	if c["tid"] != tenant || caller.Tenant != tenant || caller.Object != strings.ToLower(oid) || len(oid) != 36 || caller.Principal != "" {
		t.Errorf("%v signs in as %+v", c, caller)
	}
	aud := c["aud"]
	if list, ok := aud.([]any); ok && len(list) == 1 {
		aud = list[0]
	}
	if text, _ := aud.(string); !slices.Contains([]string{audience, audience + "/", clientID}, text) {
		t.Errorf("%v signs in", c)
	}
}
