package entra

import (
	"net/http"
	"strings"
)

// maxAge is the Cache-Control of all discovery documents.
const maxAge = "max-age=86400, private"

// cloud is an entry of the instance discovery: the hosts of one cloud.
type cloud struct {
	Network string   `json:"preferred_network"`
	Cache   string   `json:"preferred_cache"`
	Aliases []string `json:"aliases"`
}

var clouds = []cloud{
	{Host, "login.windows.net", []string{"login.microsoftonline.com", "login.windows.net", "login.microsoft.com", "sts.windows.net"}},
	{"login.partner.microsoftonline.cn", "login.partner.microsoftonline.cn", []string{"login.partner.microsoftonline.cn", "login.chinacloudapi.cn"}},
	{"login.microsoftonline.us", "login.microsoftonline.us", []string{"login.microsoftonline.us", "login.usgovcloudapi.net"}},
}

// serveInstances answers which clouds exist, and where the tenant of the parameter
// authorization_endpoint is described. MSAL asks it before it trusts an authority.
func (d *Directory) serveInstances(w http.ResponseWriter, r *http.Request) {
	authority := strings.TrimPrefix(r.URL.Query().Get("authorization_endpoint"), "https://"+Host+"/")
	tenant, _, _ := strings.Cut(authority, "/")
	if !d.isTenant(tenant) && !isShared(tenant) {
		d.refuse(w, r, unknownTenant(tenant))
		return
	}
	w.Header().Set("Cache-Control", maxAge)
	write(w, http.StatusOK, map[string]any{
		"tenant_discovery_endpoint": "https://" + Host + "/" + tenant + "/v2.0/.well-known/openid-configuration",
		"api-version":               "1.1", "metadata": clouds,
	})
}

func (d *Directory) serveConfiguration2(w http.ResponseWriter, _ *http.Request, tenant string) {
	base := "https://" + Host + "/" + tenant
	d.serveConfiguration(w, base, map[string]any{
		"token_endpoint": base + "/oauth2/v2.0/token", "jwks_uri": base + "/discovery/v2.0/keys",
		"authorization_endpoint": base + "/oauth2/v2.0/authorize", "device_authorization_endpoint": base + "/oauth2/v2.0/devicecode",
		"end_session_endpoint": base + "/oauth2/v2.0/logout", "userinfo_endpoint": "https://graph.microsoft.com/oidc/userinfo",
		"issuer": d.documentIssuer(2, tenant),
	})
}

func (d *Directory) serveConfiguration1(w http.ResponseWriter, _ *http.Request, tenant string) {
	base := "https://" + Host + "/" + tenant
	d.serveConfiguration(w, base, map[string]any{
		"token_endpoint": base + "/oauth2/token", "jwks_uri": "https://" + Host + "/common/discovery/keys",
		"authorization_endpoint": base + "/oauth2/authorize", "device_authorization_endpoint": base + "/oauth2/devicecode",
		"end_session_endpoint": base + "/oauth2/logout", "userinfo_endpoint": base + "/openid/userinfo",
		"issuer": d.documentIssuer(1, tenant),
	})
}

// serveConfiguration adds what both versions say.
func (d *Directory) serveConfiguration(w http.ResponseWriter, base string, document map[string]any) {
	for name, value := range map[string]any{
		"token_endpoint_auth_methods_supported": []string{"client_secret_post", "private_key_jwt", "client_secret_basic"},
		"response_modes_supported":              []string{"query", "fragment", "form_post"},
		"subject_types_supported":               []string{"pairwise"},
		"id_token_signing_alg_values_supported": []string{"RS256"},
		"response_types_supported":              []string{"code", "id_token", "code id_token", "id_token token"},
		"scopes_supported":                      []string{"openid", "profile", "email", "offline_access"},
		"request_uri_parameter_supported":       false, "http_logout_supported": true, "frontchannel_logout_supported": true,
		"kerberos_endpoint": base + "/kerberos", "tenant_region_scope": "WW", "cloud_instance_name": "microsoftonline.com",
		"cloud_graph_host_name": "graph.windows.net", "msgraph_host": "graph.microsoft.com", "rbac_url": "https://pas.windows.net",
	} {
		document[name] = value
	}
	w.Header().Set("Cache-Control", maxAge)
	write(w, http.StatusOK, document)
}

// documentIssuer returns the issuer that a document names: in the shared ones, a template.
func (d *Directory) documentIssuer(version int, tenant string) string {
	if isShared(tenant) {
		return strings.ReplaceAll(d.Issuer(version), d.options.Tenant, "{tenantid}")
	}
	return d.Issuer(version)
}

func (d *Directory) serveKeys2(w http.ResponseWriter, _ *http.Request, tenant string) {
	d.serveKeys(w, d.documentIssuer(2, tenant))
}

func (d *Directory) serveKeys1(w http.ResponseWriter, _ *http.Request, _ string) { d.serveKeys(w, "") }

func (d *Directory) serveKeys(w http.ResponseWriter, issuer string) {
	w.Header().Set("Cache-Control", maxAge)
	write(w, http.StatusOK, map[string]any{"keys": d.published(issuer)})
}
