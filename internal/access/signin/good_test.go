package signin_test

import (
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"rotunda/internal/access"
	"rotunda/internal/access/signin"
)

func TestGoodTokens(t *testing.T) { bubble(t, testGoodTokens) }

func testGoodTokens(t *testing.T) {
	machine := &access.Caller{Tenant: tenant, Object: object, Application: application}
	user := &access.Caller{
		Tenant: tenant, Object: object, Application: application, Scopes: []string{"user_impersonation"},
		Roles: []string{"Payments.Reader"}, Groups: []string{"93ab0000-0000-4000-8000-000000000003"},
	}
	shop := &access.Caller{Principal: "github:contoso/shop:refs/heads/main"}
	for name, row := range map[string]struct {
		token string
		want  *access.Caller
	}{
		"a managed identity's v1 token":               {first().token(v1(nil)), machine},
		"the audience with a trailing slash":          {first().token(v1(map[string]any{"aud": audience + "/"})), machine},
		"the audience in a list of one":               {first().token(v1(map[string]any{"aud": []string{audience}})), machine},
		"a user's v2 token for the client id":         {first().token(v2(nil)), user},
		"an object id in capitals":                    {first().token(v1(map[string]any{"oid": "6F1C2D3E-0000-4000-8000-000000000001"})), machine},
		"expired less than a minute ago":              {first().token(v1(map[string]any{"exp": seconds(-59 * time.Second)})), machine},
		"valid in a minute":                           {first().token(v1(map[string]any{"nbf": seconds(60 * time.Second)})), machine},
		"no nbf":                                      {first().token(v1(map[string]any{"nbf": nil})), machine},
		"signed by a key for PS256":                   {pss().token(v1(nil)), machine},
		"signed by a key on P-256":                    {curve().token(v1(nil)), machine},
		"a workflow's token":                          {first().token(workflow(nil)), shop},
		"typ at+jwt":                                  {first().sign(first().header(map[string]any{"typ": "at+jwt"}), asJSON(v1(nil))), machine},
		"a header with the thumbprint of Entra's key": {first().sign(first().header(map[string]any{"x5t": "first"}), asJSON(v1(nil))), machine},
	} {
		tokens := newTokens(t, entra(first(), pss(), curve()))
		for _, when := range []string{"the first time", "when it is remembered"} {
			got, err := tokens.SignIn(request(row.token))
			if diff := cmp.Diff(row.want, got, cmpopts.EquateEmpty(), cmpopts.IgnoreUnexported(access.Caller{})); err != nil || diff != "" {
				t.Errorf("%s, %s: %v\n%s", name, when, err, diff)
			}
		}
	}
}

func TestEachCloudHasIssuersOfItsOwn(t *testing.T) {
	for name, row := range map[string]struct{ authority, v1, v2, keys string }{
		"public":        {"https://login.microsoftonline.com", "https://sts.windows.net/", "https://login.microsoftonline.com/", "https://login.windows.net/common/discovery/keys"},
		"China":         {"https://login.chinacloudapi.cn", "https://sts.chinacloudapi.cn/", "https://login.partner.microsoftonline.cn/", "https://login.partner.microsoftonline.cn/common/discovery/keys"},
		"US Government": {"https://login.microsoftonline.us/", "https://sts.windows.net/", "https://login.microsoftonline.us/", "https://login.microsoftonline.us/common/discovery/keys"},
	} {
		from := &issuers{routes: map[string]http.HandlerFunc{}, requests: map[string]int{}}
		base := row.authority + "/"
		if base[len(base)-2] == '/' {
			base = row.authority
		}
		from.publish(base+tenant+"/.well-known/openid-configuration", row.v1+tenant+"/", row.keys, first())
		from.publish(base+tenant+"/v2.0/.well-known/openid-configuration", row.v2+tenant+"/v2.0", row.keys, first())
		c := config(from, io.Discard)
		c.AuthorityHost, c.Issuers = row.authority, nil
		tokens := newFrom(t, c)
		if err := tokens.WarmUp(t.Context()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		for version, claims := range map[string]map[string]any{
			"v1": v1(map[string]any{"iss": row.v1 + tenant + "/"}), "v2": v2(map[string]any{"iss": row.v2 + tenant + "/v2.0"}),
		} {
			if got, err := tokens.SignIn(request(first().token(claims))); err != nil || got.Object != object {
				t.Errorf("%s, %s: %v, %v", name, version, got, err)
			}
		}
		if _, err := tokens.SignIn(request(first().token(v1(map[string]any{"iss": "https://sts.example.com/" + tenant + "/"})))); err == nil {
			t.Errorf("%s: another host's issuer is accepted", name)
		}
	}
}

func TestChallenge(t *testing.T) {
	c := config(entra(), io.Discard)
	c.Audience, c.AuthorityHost, c.Tenants = audience+"/", "https://login.microsoftonline.com/", []string{tenant, otherTenant}
	_, err := newFrom(t, c).SignIn(&http.Request{})
	refusal, ok := err.(*signin.Error) //nolint:errorlint // the type is what the caller of SignIn relies on
	want := `Bearer authorization="https://login.microsoftonline.com/` + tenant + `", resource="https://contoso.com/rotunda"`
	if !ok || refusal.Challenge() != want || refusal.Message() != "AKV10000: Request is missing a Bearer, PoP, or MTLS_POP token." || refusal.Unavailable() {
		t.Errorf("%v: %+v", err, refusal)
	}
}
