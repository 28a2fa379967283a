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

// login requests tokens as the application, by the client credentials grant (MicrosoftDocs/entra-docs
// docs/identity-platform/v2-oauth2-client-creds-grant-flow.md). The tokens are for Graph, which
// every tenant has, and are thrown away.
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

const (
	// firstPause and lastPause are the first and the longest pause between two sign-ins with a new
	// client secret.
	firstPause = time.Second
	lastPause  = 4 * time.Second
	// longestWait is for a new client secret: users have measured 4 to 18 seconds
	// (microsoftgraph/microsoft-graph-docs#17966).
	longestWait = time.Minute
	// kept is the time that an attempt needs to publish.
	kept = 5 * time.Second
)

// awaitSignIn returns once the client secret signs in, or when the time is up. What it is told in
// the meantime is not kept: whoever waits asks once more.
func (r Rotator) awaitSignIn(ctx context.Context, a application, text secret.Value) {
	end := time.Now().Add(longestWait)
	if deadline, bounded := ctx.Deadline(); bounded && deadline.Add(-kept).Before(end) {
		end = deadline.Add(-kept)
	}
	ctx, cancel := context.WithDeadline(ctx, end)
	defer cancel()
	for pause := firstPause; ; pause = min(2*pause, lastPause) {
		if verdict, _ := r.signIn(ctx, a, text); verdict == rotation.Accepted {
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause):
		}
	}
}
