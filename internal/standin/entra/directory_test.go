package entra_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"rotunda/internal/standin/entra"
	"rotunda/internal/standin/fault"
)

const rotunda = "https://contoso.test/rotunda"

// send sends a request to a directory. A form makes it a POST.
func send(t *testing.T, d *entra.Directory, path string, form url.Values) (int, map[string]any) {
	t.Helper()
	method := http.MethodGet
	if form != nil {
		method = http.MethodPost
	}
	r := httptest.NewRequest(method, "https://"+entra.Host+path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	d.ServeHTTP(w, r)
	var body map[string]any
	if err := json.Unmarshal(w.Body.Bytes(), &body); err != nil {
		t.Fatalf("%s: %d with a body that is not JSON: %s", path, w.Code, w.Body)
	}
	return w.Code, body
}

func TestDiscoveryDocumentsLeadFromOneToTheNext(t *testing.T) {
	d := newDirectory(t, entra.Options{})
	query := "?api-version=1.1&authorization_endpoint=" + url.QueryEscape(d.Authority()+"/oauth2/v2.0/authorize")
	_, instance := send(t, d, "/common/discovery/instance"+query, nil)
	document := instance["tenant_discovery_endpoint"]
	if document != d.Authority()+"/v2.0/.well-known/openid-configuration" {
		t.Fatalf("the tenant is described at %v", document)
	}
	for _, row := range []struct{ document, issuer, token string }{
		{d.Authority() + "/v2.0/.well-known/openid-configuration", d.Authority() + "/v2.0", d.Authority() + "/oauth2/v2.0/token"},
		{d.Authority() + "/.well-known/openid-configuration", "https://sts.windows.net/" + d.Tenant() + "/", d.Authority() + "/oauth2/token"},
		{"https://" + entra.Host + "/common/v2.0/.well-known/openid-configuration", "https://" + entra.Host + "/{tenantid}/v2.0", "https://" + entra.Host + "/common/oauth2/v2.0/token"},
	} {
		_, found := send(t, d, path(t, row.document), nil)
		if found["issuer"] != row.issuer || found["token_endpoint"] != row.token {
			t.Errorf("%s names %v and %v", row.document, found["issuer"], found["token_endpoint"])
		}
		jwks, _ := found["jwks_uri"].(string)
		status, keys := send(t, d, path(t, jwks), nil)
		if list, _ := keys["keys"].([]any); status != 200 || len(list) != 1 {
			t.Errorf("%s: %d %v", jwks, status, keys)
		}
	}
	if counts := d.Counts(); counts["instance"] != 1 || counts["configuration"] != 3 || counts["keys"] != 3 {
		t.Errorf("counts %v", counts)
	}
}

func path(t *testing.T, address string) string {
	t.Helper()
	parsed, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return parsed.Path
}

func TestTokensSayWhoAskedAndWhatFor(t *testing.T) {
	const group = "93ab0000-0000-4000-8000-000000000001"
	d := newDirectory(t, entra.Options{})
	for uri, api := range map[string]entra.API{
		rotunda:                    {URIs: []string{rotunda}, GroupClaims: true},
		"https://contoso.test/two": {URIs: []string{"https://contoso.test/two"}, TokenVersion: 2, IDType: true},
	} {
		register(t, d, entra.Application{Name: uri, API: api})
	}
	secret := entra.NewSecret()
	client := register(t, d, entra.Application{
		Secrets: []string{"older", secret}, Groups: []string{group}, Roles: map[string][]string{rotunda + "/": {"Secrets.Read", "Audit.Read"}},
	})
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {client.ClientID}, "client_secret": {secret}, "scope": {rotunda + "/.default openid profile offline_access"}}
	status, answer := send(t, d, "/"+d.Tenant()+"/oauth2/v2.0/token", form)
	token, _ := answer["access_token"].(string)
	claims, err := d.Verifier(rotunda)(token)
	if status != 200 || err != nil || answer["token_type"] != "Bearer" || answer["expires_in"] != float64(3599) {
		t.Fatalf("%d %v, %v", status, answer, err)
	}
	if claims.Client() != client.ClientID || claims.ObjectID != client.ObjectID || claims.TenantID != d.Tenant() || claims.Audience != rotunda || claims.Version != "1.0" ||
		claims.AppIDACR != "1" || claims.IDType != "" || claims.ManagedIdentity != "" ||
		!slices.Equal(claims.Roles, []string{"Audit.Read", "Secrets.Read"}) || !slices.Equal(claims.Groups, []string{group}) {
		t.Errorf("claims %+v", claims)
	}
	_, second := issue(t, d, client, "https://contoso.test/two")
	if second.Issuer != d.Issuer(2) || second.Azp != client.ClientID || second.AppID != "" || second.Version != "2.0" || second.IDType != "app" ||
		second.Audience == "" || strings.Contains(second.Audience, "/") || second.Roles != nil || second.Groups != nil {
		t.Errorf("claims of version 2 %+v", second)
	}
	delete(form, "scope")
	form.Set("resource", rotunda)
	if status, answer := send(t, d, "/"+d.Tenant()+"/oauth2/token", form); status != 200 || answer["expires_in"] != "3599" || answer["resource"] != rotunda {
		t.Errorf("the endpoint of version 1: %d %v", status, answer)
	}
}

func TestRefusalsAreInEntrasWords(t *testing.T) {
	d := newDirectory(t, entra.Options{})
	register(t, d, entra.Application{Name: "closed", API: entra.API{URIs: []string{"https://contoso.test/closed"}, AssignmentRequired: true}})
	client := register(t, d, entra.Application{Name: "job", Secrets: []string{"right"}})
	identity := register(t, d, entra.Application{ManagedIdentity: "/subscriptions/x"})
	good := map[string]string{"grant_type": "client_credentials", "client_id": client.ClientID, "client_secret": "right", "scope": resource + "/.default"}
	for name, row := range map[string]struct {
		change       map[string]string
		status       int
		code, starts string
	}{
		"a wrong secret":                   {map[string]string{"client_secret": "wrong"}, 401, "invalid_client", "AADSTS7000215: Invalid client secret provided. Ensure"},
		"no secret":                        {map[string]string{"client_secret": ""}, 401, "invalid_client", "AADSTS7000218: The request body must contain the following parameter: 'client_assertion' or 'client_secret'."},
		"an unknown client":                {map[string]string{"client_id": d.Tenant()}, 400, "unauthorized_client", "AADSTS700016: Application with identifier '" + d.Tenant() + "' was not found in the directory 'Contoso'."},
		"a managed identity":               {map[string]string{"client_id": identity.ClientID}, 400, "unauthorized_client", "AADSTS700016: "},
		"no client":                        {map[string]string{"client_id": ""}, 400, "invalid_request", "AADSTS900144: The request body must contain the following parameter: 'client_id'."},
		"an unknown resource":              {map[string]string{"scope": "https://x.test/.default"}, 400, "invalid_resource", "AADSTS500011: The resource principal named https://x.test was not found in the tenant named Contoso."},
		"a scope for users":                {map[string]string{"scope": resource + "/user_impersonation"}, 400, "invalid_scope", "AADSTS1002012: The provided value for scope " + resource + "/user_impersonation is not valid."},
		"two resources":                    {map[string]string{"scope": resource + "/.default https://graph.microsoft.com/.default"}, 400, "invalid_scope", "AADSTS1002012: "},
		"no scope":                         {map[string]string{"scope": ""}, 400, "invalid_request", "AADSTS900144: The request body must contain the following parameter: 'scope'."},
		"another grant":                    {map[string]string{"grant_type": "password"}, 400, "unsupported_grant_type", "AADSTS70003: "},
		"no grant":                         {map[string]string{"grant_type": ""}, 400, "invalid_request", "AADSTS900144: "},
		"an API that requires assignment":  {map[string]string{"scope": "https://contoso.test/closed/.default"}, 400, "invalid_grant", "AADSTS501051: Application '" + client.ClientID + "'(job) is not assigned to a role for the application 'https://contoso.test/closed'(closed)."},
		"nothing wrong: it gets its token": {nil, 200, "", ""},
	} {
		form := url.Values{}
		for key, value := range good {
			form.Set(key, value)
		}
		for key, value := range row.change {
			form.Set(key, value)
		}
		status, body := send(t, d, "/"+d.Tenant()+"/oauth2/v2.0/token", form)
		code, _ := body["error"].(string)
		description, _ := body["error_description"].(string)
		if status != row.status || code != row.code || !strings.HasPrefix(description, row.starts) {
			t.Errorf("%s: %d %v", name, status, body)
		}
	}
	for _, path := range []string{"/72f988bf-86f1-41af-91ab-2d7cd011db47/v2.0/.well-known/openid-configuration", "/fabrikam.test/discovery/keys"} {
		if status, body := send(t, d, path, nil); status != 400 || !strings.HasPrefix(body["error_description"].(string), "AADSTS90002: Tenant '"+strings.Split(path, "/")[1]+"' not found.") {
			t.Errorf("%s: %d %v", path, status, body)
		}
	}
}

func TestFaultsFailEveryEndpoint(t *testing.T) {
	d := newDirectory(t, entra.Options{})
	if err := d.SetFaults(fault.Faults{Status: 503}); err != nil {
		t.Fatal(err)
	}
	if status, body := send(t, d, "/"+d.Tenant()+"/discovery/v2.0/keys", nil); status != 503 || body["error"] != "temporarily_unavailable" {
		t.Errorf("%d %v", status, body)
	}
	if err := d.SetFaults(fault.Faults{Status: 200}); err == nil {
		t.Error("a fault with status 200 was accepted")
	}
}

func TestWhatCannotBeRegistered(t *testing.T) {
	if _, err := entra.New(entra.Options{Tenant: "contoso"}); err == nil {
		t.Error("a tenant that is not a GUID was accepted")
	}
	d := newDirectory(t, entra.Options{})
	for name, a := range map[string]entra.Application{
		"a client id that is not a GUID": {ClientID: "x"},
		"a group that is not a GUID":     {Groups: []string{"admins"}},
		"an unknown token version":       {API: entra.API{TokenVersion: 3}},
		"the URI of another application": {API: entra.API{URIs: []string{resource + "/"}}},
		"another's client id":            {ClientID: "00000003-0000-0000-c000-000000000000"},
	} {
		if _, err := d.Register(a); err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
	if _, _, err := d.Issue(d.Tenant(), resource, time.Hour); err == nil {
		t.Error("an unknown application got a token")
	}
}
