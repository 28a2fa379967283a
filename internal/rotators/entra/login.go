package entra

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"time"

	"rotunda/internal/rotation"
	"rotunda/internal/secret"
)

// login requests tokens as the application, by the client credentials grant
// (MicrosoftDocs/entra-docs docs/identity-platform/v2-oauth2-client-creds-grant-flow.md). The
// tokens are for Graph, which every tenant has, and are thrown away.
type login struct {
	authority string // with a slash at the end
	scope     string
	transport *transport
}

// Probe implements rotation.Prober.
func (r Rotator) Probe(ctx context.Context, s rotation.Subject, value secret.Value) (rotation.Verdict, error) {
	key, err := clientSecret(s, value)
	if err != nil {
		return rotation.Unknown, err
	}
	_, a, err := r.open(ctx, s)
	if err != nil {
		return rotation.Unknown, err
	}
	return r.signIn(ctx, a, key.Value)
}

func (r Rotator) signIn(ctx context.Context, a application, text secret.Value) (rotation.Verdict, error) {
	own, err := r.graph.whoAmI(ctx)
	if err != nil {
		return rotation.Unknown, err
	}
	return r.login.try(ctx, own.Tenant, a.ClientID, text)
}

// try requests one token.
func (l login) try(ctx context.Context, tenant, client string, text secret.Value) (rotation.Verdict, error) {
	ctx, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {client}, "client_secret": {text.Reveal()}, "scope": {l.scope}}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, l.authority+tenant+"/oauth2/v2.0/token", strings.NewReader(form.Encode()))
	if err != nil {
		return rotation.Unknown, rotation.Permanentf("The address of Entra's token endpoint is wrong.")
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	response, err := l.transport.Do(request)
	if err != nil {
		return rotation.Unknown, rotation.Temporaryf("Entra's token endpoint did not answer.")
	}
	defer response.Body.Close()
	var answer struct {
		Token string `json:"access_token"`
		Error string `json:"error"`
		Codes []int  `json:"error_codes"`
	}
	if json.NewDecoder(response.Body).Decode(&answer) != nil {
		return rotation.Unknown, rotation.Temporaryf("Entra's token endpoint answered %d with something that is not its JSON.", response.StatusCode)
	}
	if response.StatusCode == http.StatusOK && answer.Token != "" {
		return rotation.Accepted, nil
	}
	return judge(response.StatusCode, answer.Codes, client, tenant)
}

// settling is how long sign-ins take to learn of a change. Users have measured 4 to 18 seconds
// (microsoftgraph/microsoft-graph-docs#17966).
const settling = time.Minute

// Settles implements rotation.Settling.
func (Rotator) Settles() time.Duration { return settling }
