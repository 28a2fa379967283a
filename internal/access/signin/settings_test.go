package signin_test

import (
	"io"
	"strings"
	"testing"

	"rotunda/internal/access/signin"
)

func TestWrongSettings(t *testing.T) {
	for name, row := range map[string]struct {
		change func(*signin.Config)
		says   string
	}{
		"no audience":                     {func(c *signin.Config) { c.Audience = "" }, "SIGN_IN_AUDIENCE is empty"},
		"an audience of api://":           {func(c *signin.Config) { c.Audience = "api://rotunda" }, "must be an https URI"},
		"an audience over http":           {func(c *signin.Config) { c.Audience = "http://contoso.com" }, "must be an https URI"},
		"a scheme in capitals":            {func(c *signin.Config) { c.Audience = "HTTPS://contoso.com" }, "must be an https URI"},
		"a host in capitals":              {func(c *signin.Config) { c.Audience = "https://Contoso.com" }, "must be an https URI"},
		"a host that ends in a dot":       {func(c *signin.Config) { c.Audience = "https://contoso.com." }, "must be an https URI"},
		"an audience without a host":      {func(c *signin.Config) { c.Audience = "https:///rotunda" }, "must be an https URI"},
		"an audience with a comma":        {func(c *signin.Config) { c.Audience = "https://contoso.com/a,b" }, "must be an https URI"},
		"an audience with a blank":        {func(c *signin.Config) { c.Audience = "https://contoso.com/a b" }, "must be an https URI"},
		"an audience with a quote":        {func(c *signin.Config) { c.Audience = `https://contoso.com/a"b` }, "must be an https URI"},
		"an audience with a line break":   {func(c *signin.Config) { c.Audience = "https://contoso.com/a\r\nX: y" }, "must be an https URI"},
		"an audience with a query":        {func(c *signin.Config) { c.Audience = "https://contoso.com/?a=b" }, "must be an https URI"},
		"an audience with user info":      {func(c *signin.Config) { c.Audience = "https://x@contoso.com" }, "must be an https URI"},
		"Key Vault's audience":            {func(c *signin.Config) { c.Audience = "https://vault.azure.net/" }, "Key Vault's own audience"},
		"a client id that is no GUID":     {func(c *signin.Config) { c.ClientID = "rotunda" }, "SIGN_IN_CLIENT_ID is"},
		"Key Vault's client id":           {func(c *signin.Config) { c.ClientID = "CFA8B339-82a2-471a-a3c9-0fc0be7a4093" }, "SIGN_IN_CLIENT_ID is"},
		"no tenant":                       {func(c *signin.Config) { c.Tenants = nil }, "SIGN_IN_TENANTS is empty"},
		"a tenant's domain":               {func(c *signin.Config) { c.Tenants = []string{"contoso.com"} }, `SIGN_IN_TENANTS has "contoso.com"`},
		"all tenants":                     {func(c *signin.Config) { c.Tenants = []string{"common"} }, `SIGN_IN_TENANTS has "common"`},
		"a tenant twice":                  {func(c *signin.Config) { c.Tenants = []string{tenant, strings.ToUpper(tenant)} }, "twice"},
		"an unknown authority":            {func(c *signin.Config) { c.AuthorityHost = "https://login.example.com" }, "is not Entra's"},
		"an authority over http":          {func(c *signin.Config) { c.AuthorityHost = "http://login.microsoftonline.com" }, "is not Entra's"},
		"an authority with a path":        {func(c *signin.Config) { c.AuthorityHost = "https://login.microsoftonline.com/common" }, "is not Entra's"},
		"no authority":                    {func(c *signin.Config) { c.AuthorityHost = "" }, "is not Entra's"},
		"a trusted issuer of no template": {func(c *signin.Config) { c.Issuers = []signin.TrustedIssuer{{Issuer: github, Audience: "x"}} }, "TRUSTED_ISSUERS"},
	} {
		c := config(entra(), io.Discard)
		row.change(&c)
		if _, err := signin.New(c); err == nil || !strings.Contains(err.Error(), row.says) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, err := signin.New(signin.Config{})
	for _, name := range []string{"SIGN_IN_AUDIENCE", "SIGN_IN_TENANTS", "authority"} {
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("all at once: %v lacks %s", err, name)
		}
	}
}

func TestGoodSettings(t *testing.T) {
	for _, audience := range []string{"https://contoso.com", "https://contoso.com/", "https://contoso.com:8443/a/b-c_d.e~f", "https://rotunda.test"} {
		c := config(entra(), io.Discard)
		c.Audience, c.ClientID, c.Client, c.Log = audience, "", nil, nil
		newFrom(t, c)
	}
}

func TestParseTrustedIssuers(t *testing.T) {
	const good = `{"issuer": "` + github + `", "audience": "a", "principal": "github:{repository}:{ref}"}`
	entry := func(old, replacement string) string { return "[" + strings.Replace(good, old, replacement, 1) + "]" }
	for name, row := range map[string]struct{ text, says string }{
		"not JSON":                        {`{`, "not a JSON list"},
		"an object":                       {good, "not a JSON list"},
		"text after the list":             {"[" + good + "] x", "not a JSON list"},
		"an unknown field":                {entry(`"audience"`, `"aud"`), "not a JSON list"},
		"a field twice":                   {entry(`"audience": "a"`, `"audience": "a", "audience": "b"`), "a field twice"},
		"a field twice, spelt otherwise":  {entry(`"audience": "a"`, `"audience": "a", "Audience": "b"`), "not a JSON list"},
		"a field that is not a string":    {entry(`"audience": "a"`, `"audience": ["a"]`), "not a JSON list"},
		"no issuer":                       {entry(github, ""), "entry 1: issuer is"},
		"an issuer over http":             {entry(github, "http://issuer.example"), "entry 1: issuer is"},
		"an issuer with a query":          {entry(github, "https://issuer.example?a"), "entry 1: issuer is"},
		"an issuer with a fragment":       {entry(github, "https://issuer.example#"), "entry 1: issuer is"},
		"an issuer with user info":        {entry(github, "https://a@issuer.example"), "entry 1: issuer is"},
		"Entra":                           {entry(github, v1Issuer), "list its tenant in SIGN_IN_TENANTS"},
		"Entra of China":                  {entry(github, "https://login.partner.microsoftonline.cn/"+tenant+"/v2.0"), "list its tenant"},
		"no audience":                     {entry(`"a"`, `""`), "audience is empty"},
		"Key Vault's audience":            {entry(`"a"`, `"https://vault.azure.net"`), "audience is Key Vault's own"},
		"keys over http":                  {entry(`"audience"`, `"jwksUri": "http://issuer.example/keys", "audience"`), "jwksUri is"},
		"an issuer twice":                 {"[" + good + "," + strings.Replace(good, "github:", "other:", 1) + "]", "issuer \"" + github + "\" twice"},
		"two issuers of one kind":         {"[" + good + "," + strings.Replace(good, github, "https://issuer.example", 1) + "]", `two principals that begin with "github:"`},
		"a principal that is no template": {entry("{ref}", "{"), `principal is "github:{repository}:{"`},
	} {
		if _, err := signin.ParseTrustedIssuers(row.text); err == nil || !strings.Contains(err.Error(), row.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, err := signin.ParseTrustedIssuers(`[{}, {}]`)
	if err == nil || !strings.Contains(err.Error(), "entry 1: audience") || !strings.Contains(err.Error(), "entry 2: principal") {
		t.Errorf("all at once: %v", err)
	}
	for _, text := range []string{"", " ", "[]", "[" + good + "]"} {
		if _, err := signin.ParseTrustedIssuers(text); err != nil {
			t.Errorf("%q: %v", text, err)
		}
	}
}
