package engine

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	azpolicy "github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"rotunda/internal/rotation"
)

// simGraph is Microsoft Graph and Entra's token endpoint over the model's target, as one worker
// reaches them: an application whose client secrets are what the target has issued. Each request
// passes through worker.call.
type simGraph struct{ r simRotator }

// application and tenant are the object id, the client id and the tenant of the application.
const (
	application = "03ef14b0-ca33-4840-8f4f-d6e91916010e"
	tenant      = "5b1a7e0c-9a10-4b62-8f0e-0d5a3f6b7c11"
)

// guid returns the key id that stands for an id of the target's, which the model's tags have.
func guid(id string) string {
	n := strings.TrimPrefix(id, "id-")
	if n == id || len(n) > 12 {
		return id
	}
	return "00000000-0000-4000-8000-" + strings.Repeat("0", 12-len(n)) + n
}

// subjectKey is the key of the context's value with the subject of the call, which invariants ask
// about.
type subjectKey struct{}

var errCut = errors.New("the connection was cut")

// RoundTrip implements http.RoundTripper.
func (g simGraph) RoundTrip(request *http.Request) (response *http.Response, err error) {
	body := ""
	if request.Body != nil {
		text, err := io.ReadAll(request.Body)
		if err != nil {
			return nil, err
		}
		body = string(text)
	}
	subject, _ := request.Context().Value(subjectKey{}).(rotation.Subject)
	what, serve := g.route(request.URL.Path, body)
	if writes := strings.HasSuffix(what, "Password"); writes {
		err = g.r.tell(request.Context(), what, subject, func() error {
			response = serve() //nolint:bodyclose // it is returned
			return nil
		})
	} else {
		err = g.r.ask(request.Context(), what, func() error {
			if g.r.w.target.away {
				return errCut
			}
			response = serve() //nolint:bodyclose // it is returned
			return nil
		})
	}
	if err != nil {
		return nil, err
	}
	return response, nil
}

// route returns what a request is for, and what carries it out.
func (g simGraph) route(path, body string) (what string, serve func() *http.Response) {
	switch _, action, _ := strings.Cut(path, application); {
	case strings.HasSuffix(path, "/token"):
		return "token", func() *http.Response { return g.token(body) }
	case action == "/addPassword":
		return "addPassword", func() *http.Response { return g.add(body) }
	case action == "/removePassword":
		return "removePassword", func() *http.Response { return g.remove(body) }
	case action == "/owners":
		return "owners", func() *http.Response {
			return answered(http.StatusOK, map[string]any{"value": []map[string]string{{"id": tenant}}})
		}
	}
	return "application", g.get
}

func (g simGraph) get() *http.Response {
	credentials := []map[string]string{}
	for id, i := range g.r.w.target.issued {
		credentials = append(credentials, map[string]string{"keyId": guid(id), "displayName": "rotunda:" + i.operation, "hint": i.value[:3]})
	}
	slices.SortFunc(credentials, func(a, b map[string]string) int { return strings.Compare(a["keyId"], b["keyId"]) })
	return answered(http.StatusOK, map[string]any{"id": application, "appId": application, "passwordCredentials": credentials})
}

func (g simGraph) add(body string) *http.Response {
	var wanted struct {
		Credential struct {
			Name string `json:"displayName"`
		} `json:"passwordCredential"`
	}
	_ = json.Unmarshal([]byte(body), &wanted) // what it lacks shows in the list
	id, value := g.r.w.target.issue(strings.TrimPrefix(wanted.Credential.Name, "rotunda:"))
	g.r.w.target.takesEffect[value] = time.Now().Add(g.r.w.settles)
	return answered(http.StatusOK, map[string]string{"keyId": guid(id), "secretText": value})
}

func (g simGraph) remove(body string) *http.Response {
	for id, i := range g.r.w.target.issued {
		if strings.Contains(body, guid(id)) {
			g.r.w.target.ends[i.value] = time.Now().Add(g.r.w.settles)
			delete(g.r.w.target.issued, id)
			return answered(http.StatusNoContent, nil)
		}
	}
	return answered(http.StatusBadRequest, map[string]any{"error": map[string]string{"code": "Request_BadRequest"}})
}

func (g simGraph) token(body string) *http.Response {
	form, _ := url.ParseQuery(body)
	value, t := form.Get("client_secret"), g.r.w.target
	if t.accepts(value) && !time.Now().Before(t.takesEffect[value]) || time.Now().Before(t.ends[value]) {
		return answered(http.StatusOK, map[string]string{"access_token": "token"})
	}
	return answered(http.StatusUnauthorized, map[string]any{"error": "invalid_client", "error_codes": []int{7000215}})
}

func answered(status int, body any) *http.Response {
	text, _ := json.Marshal(body)
	return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(string(text)))}
}

// simIdentity is the app's identity.
type simIdentity struct{}

// GetToken implements azcore.TokenCredential.
func (simIdentity) GetToken(context.Context, azpolicy.TokenRequestOptions) (azcore.AccessToken, error) {
	claims := base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, `{"tid":%q,"oid":%q,"roles":["Application.ReadWrite.OwnedBy"]}`, tenant, tenant))
	return azcore.AccessToken{Token: "e30." + claims + ".e30", ExpiresOn: time.Now().Add(365 * day)}, nil
}
