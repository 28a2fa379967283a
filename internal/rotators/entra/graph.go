package entra

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/streaming"

	"rotunda/internal/identity"
	"rotunda/internal/rotation"
)

// graphHosts are Graph's addresses, by the authority of the cloud
// (microsoftgraph/microsoft-graph-docs-contrib concepts/deployments.md).
var graphHosts = map[string]string{
	cloud.AzurePublic.ActiveDirectoryAuthorityHost:     "https://graph.microsoft.com",
	cloud.AzureGovernment.ActiveDirectoryAuthorityHost: "https://graph.microsoft.us",
	cloud.AzureChina.ActiveDirectoryAuthorityHost:      "https://microsoftgraph.chinacloudapi.cn",
}

// graphHost returns Graph's address in a cloud; of one that is not known, the public cloud's,
// where that cloud's tokens are worth nothing.
func graphHost(c cloud.Configuration) string {
	if host, known := graphHosts[c.ActiveDirectoryAuthorityHost]; known {
		return host
	}
	return graphHosts[cloud.AzurePublic.ActiveDirectoryAuthorityHost]
}

// graph calls Microsoft Graph as the app.
type graph struct {
	host       string
	credential *identity.Credential
	pipeline   runtime.Pipeline
}

// callTime bounds one call.
const callTime = 10 * time.Second

// newGraph returns a client that tries each call once: the engine tries again, and knows what an
// earlier attempt may have done.
func newGraph(host string, credential azcore.TokenCredential, transport *transport) graph {
	own := &identity.Credential{TokenCredential: credential}
	bearer := runtime.NewBearerTokenPolicy(own, []string{host + "/.default"}, nil)
	return graph{host, own, runtime.NewPipeline("rotunda", "", runtime.PipelineOptions{PerRetry: []policy.Policy{bearer}}, &policy.ClientOptions{
		Transport: transport, Retry: policy.RetryOptions{MaxRetries: -1}, Telemetry: policy.TelemetryOptions{ApplicationID: "rotunda"},
	})}
}

// call sends a request to a path below /v1.0/applications and decodes the answer. Its error is a
// *rotation.Fault, a *refusal or the context's.
func (g graph) call(ctx context.Context, method, path string, body, answer any) error {
	ctx, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	request, err := g.request(ctx, method, path, body)
	if err != nil {
		return err
	}
	response, err := g.pipeline.Do(request)
	if err != nil {
		return unreachable(ctx, err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	switch {
	case err != nil:
		return unreachable(ctx, err)
	case len(text) > maxAnswer:
		return rotation.Temporaryf("Microsoft Graph sent more than %d bytes.", maxAnswer)
	case response.StatusCode >= http.StatusMultipleChoices:
		return newRefusal(response, text)
	case answer == nil:
		return nil
	}
	if json.Unmarshal(text, answer) != nil {
		return rotation.Temporaryf("Microsoft Graph answered %d with something that is not its JSON. Does a proxy answer in its place?", response.StatusCode)
	}
	return nil
}

func (g graph) request(ctx context.Context, method, path string, body any) (*policy.Request, error) {
	request, err := runtime.NewRequest(ctx, method, g.host+"/v1.0/applications"+path)
	if err != nil {
		return nil, fmt.Errorf("request of Graph: %w", err)
	}
	request.Raw().Header.Set("Accept", "application/json")
	if body == nil {
		return request, nil
	}
	text, err := json.Marshal(body)
	if err != nil {
		return nil, fmt.Errorf("request of Graph: %w", err)
	}
	return request, request.SetBody(streaming.NopCloser(bytes.NewReader(text)), "application/json")
}

// unreachable returns what to say of a call without an answer. A token that the app did not get is
// the app's, not Graph's.
func unreachable(ctx context.Context, err error) error {
	switch _, noToken := errors.AsType[*identity.NoTokenError](err); {
	case noToken:
		return rotation.Temporaryf("The app got no token for Microsoft Graph. %s", identity.Remedy)
	case ctx.Err() != nil && errors.Is(context.Cause(ctx), context.Canceled):
		return ctx.Err()
	}
	return rotation.Temporaryf("Microsoft Graph did not answer.")
}

// claims are those of the app's own token that say who it is and what it may do.
type claims struct {
	Tenant   string   `json:"tid"`
	ObjectID string   `json:"oid"`
	Roles    []string `json:"roles"`
}

// whoAmI reads the app's own token for Graph (MicrosoftDocs/entra-docs
// docs/identity-platform/access-token-claims-reference.md). Graph checks the token; here it only
// says in advance what Graph will say.
func (g graph) whoAmI(ctx context.Context) (c claims, err error) {
	token, err := g.credential.GetToken(ctx, policy.TokenRequestOptions{Scopes: []string{g.host + "/.default"}})
	if err != nil {
		return c, unreachable(ctx, err)
	}
	parts := strings.Split(token.Token, ".")
	if len(parts) == 3 {
		c, err = decodeClaims(parts[1])
	}
	if err != nil || !isGUID(c.Tenant) {
		return c, rotation.Permanentf("The app's token for Microsoft Graph does not name its tenant, so the app does not know where the application signs in.")
	}
	return c, nil
}
