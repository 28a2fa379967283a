package azurekeys

import (
	"cmp"
	"context"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	_ "github.com/Azure/azure-sdk-for-go/sdk/azcore/arm/runtime" // it knows Azure Resource Manager's address in each cloud
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"

	"rotunda/internal/identity"
)

// manager calls Azure Resource Manager as the app.
type manager struct {
	pipeline runtime.Pipeline
	host     string
}

// newManager returns a manager for a cloud. No call is tried again by the pipeline: a second POST
// would regenerate a key twice.
func newManager(credential azcore.TokenCredential, client *http.Client, in cloud.Configuration) *manager {
	service, known := in.Services[cloud.ResourceManager]
	if !known {
		service = cloud.AzurePublic.Services[cloud.ResourceManager]
	}
	scope := service.Audience + "/.default"
	bearer := runtime.NewBearerTokenPolicy(&identity.Credential{TokenCredential: credential}, []string{scope}, nil)
	pipeline := runtime.NewPipeline("rotunda", "", runtime.PipelineOptions{PerRetry: []policy.Policy{bearer}}, &policy.ClientOptions{
		Cloud: in, Transport: client, Retry: policy.RetryOptions{MaxRetries: -1}, Telemetry: policy.TelemetryOptions{Disabled: true},
	})
	return &manager{pipeline: pipeline, host: hostOf(service.Endpoint)}
}

func hostOf(endpoint string) string {
	parsed, err := url.Parse(endpoint)
	if err != nil {
		return ""
	}
	return parsed.Host
}

// request is a call to Azure Resource Manager.
type request struct {
	method, url string
	body        any
	action      string // the right that it needs, for a fault
	what        string // the resource, for a fault
}

// answer is what came back, with at most maxAnswer bytes of its body.
type answer struct {
	status int
	header http.Header
	body   []byte
}

const (
	maxAnswer = 1 << 20
	callTime  = 10 * time.Second
)

// at returns the URL of a path below a resource.
func (m *manager) at(t target, path, version string) string {
	return "https://" + m.host + t.id + cmp.Or(path, "") + "?api-version=" + version
}

// do makes one call. Its error is a fault.
func (m *manager) do(ctx context.Context, r request) (answer, error) {
	ctx, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	made, err := runtime.NewRequest(ctx, r.method, r.url)
	if err != nil {
		return answer{}, noAnswer(err)
	}
	runtime.SkipBodyDownload(made) // it would read as much as the server sends
	if r.body != nil {
		if err := runtime.MarshalAsJSON(made, r.body); err != nil {
			return answer{}, noAnswer(err)
		}
	}
	response, err := m.pipeline.Do(made)
	if err != nil {
		return answer{}, noAnswer(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		return answer{}, noAnswer(err)
	}
	found := answer{response.StatusCode, response.Header, body}
	if found.status >= 300 {
		return found, found.fault(r)
	}
	return found, nil
}
