package standin

import (
	"net/http"

	"rotunda/internal/standin/entra"
)

// The app, as callers know it who sign in by token: at a custom domain below the audience's host,
// and at the name that Azure gives it, where clients need a switch.
const (
	AppURL    = "https://" + appHost + "/api"
	AzureURL  = "https://" + azureHost + "/api"
	Audience  = "https://contoso.test/rotunda"
	appHost   = "rotunda.contoso.test"
	azureHost = "rotunda.azurewebsites.net"
)

// Caller is a service principal of the tenant: what a client signs in with, and what the rules
// know it by.
type Caller struct {
	TenantID     string `json:"tenantId"`
	ClientID     string `json:"clientId"`
	ClientSecret string `json:"clientSecret"`
	ObjectID     string `json:"objectId"`
}

// Env returns the settings that EnvironmentCredential reads.
func (c Caller) Env() []string {
	return []string{"AZURE_TENANT_ID=" + c.TenantID, "AZURE_CLIENT_ID=" + c.ClientID, "AZURE_CLIENT_SECRET=" + c.ClientSecret}
}

// RegisterApp registers the app as an API, and callers with app roles of it, by their names.
func (a *Azure) RegisterApp(roles map[string][]string) (map[string]Caller, error) {
	if _, err := a.entra.Register(entra.Application{Name: "rotunda", API: entra.API{URIs: []string{Audience}}}); err != nil {
		return nil, err
	}
	callers := map[string]Caller{}
	for name, assigned := range roles {
		secret := entra.NewSecret()
		made, err := a.entra.Register(entra.Application{Name: name, Secrets: []string{secret}, Roles: map[string][]string{Audience: assigned}})
		if err != nil {
			return nil, err
		}
		callers[name] = Caller{a.entra.Tenant(), made.ClientID, secret, made.ObjectID}
	}
	return callers, nil
}

// PublishApp serves the app at AppURL and AzureURL, through the proxy.
func (a *Azure) PublishApp(app http.Handler) error { return a.Publish(app, appHost, azureHost) }

// SignInEnv returns the settings with which the app's callers sign in by token.
func (a *Azure) SignInEnv() []string {
	return []string{"SIGN_IN=tokens", "SIGN_IN_AUDIENCE=" + Audience, "SIGN_IN_TENANTS=" + a.entra.Tenant()}
}

// ClientEnv returns the settings that lead a client of any language to the stand-ins. Go reads
// SSL_CERT_FILE on Linux only.
func (a *Azure) ClientEnv() []string {
	return []string{
		"HTTPS_PROXY=" + a.proxyURL, "NO_PROXY=localhost,127.0.0.1",
		"SSL_CERT_FILE=" + a.caFile, "REQUESTS_CA_BUNDLE=" + a.caFile, "NODE_EXTRA_CA_CERTS=" + a.caFile, "CURL_CA_BUNDLE=" + a.caFile,
	}
}
