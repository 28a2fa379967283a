package engine

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	azpolicy "github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/azurekeys"
)

// Class K once more, with the real rotator of Azure's keys: each of its HTTP requests is a call of
// the model, which may fail, lose its answer or land late.

const (
	azureKind = "microsoft.cognitiveservices/accounts"
	azureID   = "/subscriptions/1/resourceGroups/shop/providers/Microsoft.CognitiveServices/accounts/contoso"
	azureHost = "management.azure.com"
)

// azure is the real rotator of Azure's keys.
var azure = real{azureKind, azureID, newAzure}

func newAzure(k *worker) rotation.Rotator {
	if k == nil { // for the sweep, which asks no provider
		k = &worker{}
	}
	return byAzure{azurekeys.New(azurekeys.Config{Credential: azureToken{}, Transport: &http.Client{Transport: azureDoor{k}}, Cloud: cloud.AzurePublic}), k}
}

// byAzure lets the model see the fence.
type byAzure struct {
	*azurekeys.Rotator
	k *worker
}

func (r byAzure) Regenerate(ctx context.Context, s rotation.Subject, key string, fence rotation.Fence) error {
	return r.Rotator.Regenerate(ctx, s, key, func(ctx context.Context) error { return r.k.fenced(ctx, fence) })
}

type azureToken struct{}

func (azureToken) GetToken(context.Context, azpolicy.TokenRequestOptions) (azcore.AccessToken, error) {
	return azcore.AccessToken{Token: "t", ExpiresOn: time.Now().Add(1000 * day)}, nil
}

// azureDoor is Azure as one worker reaches it.
type azureDoor struct{ *worker }

// reply is a response.
type reply struct {
	status int
	header http.Header
	body   any
}

func (r reply) Error() string { return http.StatusText(r.status) }

// RoundTrip implements http.RoundTripper.
func (d azureDoor) RoundTrip(r *http.Request) (*http.Response, error) {
	if d.w.running != nil && d.w.chooser.choose(2) == 1 { // only Azure's answers depend on it
		d.w.endOperation()
	}
	what, writes, serve := d.operation(r)
	var served reply
	err := d.call(r.Context(), act{what: what, writes: writes, faults: d.w.faultsOf(writes), fail: d.w.azureAway, effect: func() error {
		d.asked = d.w.meddled
		served = serve()
		return nil
	}})
	if failed, ok := errors.AsType[reply](err); ok {
		served, err = failed, nil
	}
	if err != nil {
		return nil, err
	}
	return served.response(r), nil
}

func (r reply) response(to *http.Request) *http.Response {
	text, _ := json.Marshal(r.body) // of maps of strings
	if r.header == nil {
		r.header = http.Header{}
	}
	return &http.Response{StatusCode: r.status, Header: r.header, Body: io.NopCloser(strings.NewReader(string(text))), Request: to}
}

// azureAway returns each failure of Azure in turn.
func (w *world) azureAway() error {
	w.aways++
	switch w.aways % 4 {
	case 0:
		return reply{status: http.StatusTooManyRequests, header: http.Header{"Retry-After": {"17"}}}
	case 1:
		return reply{status: http.StatusConflict}
	case 2:
		return reply{status: http.StatusServiceUnavailable}
	}
	return errors.New("the connection was reset")
}

// operation returns what a request asks for.
func (d azureDoor) operation(r *http.Request) (what string, writes bool, _ func() reply) {
	w := d.w
	switch path := r.URL.Path; {
	case r.URL.Host != azureHost:
		return "Use a key", false, func() reply { return w.useKey(r.Header.Get("api-key")) }
	case strings.HasSuffix(path, "/listKeys"):
		return "List", false, func() reply { return reply{status: http.StatusOK, body: w.target.keys} }
	case strings.HasSuffix(path, "/regenerateKey"):
		var order struct{ KeyName string }
		_ = json.NewDecoder(r.Body).Decode(&order) // another order regenerates no key
		key := strings.ToLower(order.KeyName)
		d.mustIntend(rotation.Subject{Name: theName}, "Regenerate")
		return "Regenerate " + key, true, func() reply { return w.regenerateAzure(key) }
	case strings.Contains(path, "/operations/"):
		return "Poll", false, w.poll
	case strings.HasSuffix(path, "/permissions"):
		return "Permissions", false, func() reply {
			return reply{status: http.StatusOK, body: map[string]any{"value": []any{map[string]any{"actions": []string{"*"}}}}}
		}
	}
	return "Describe", false, func() reply {
		return reply{status: http.StatusOK, body: map[string]any{"kind": "OpenAI", "properties": map[string]any{"endpoint": "https://contoso.openai.azure.com/"}}}
	}
}

func (w *world) useKey(key string) reply {
	if w.target.accepts(key) && time.Since(w.keySince[key]) >= w.settles {
		return reply{status: http.StatusOK}
	}
	return reply{status: http.StatusUnauthorized}
}

// operationTime is longer than it takes until an interrupted attempt's change has settled.
const operationTime = 15 * time.Minute

func (w *world) regenerateAzure(key string) reply {
	regenerate := func() {
		w.target.regenerate(key)
		w.keySince[w.target.keys[key]] = time.Now()
	}
	if !w.async {
		regenerate()
		return reply{status: http.StatusOK, body: w.target.keys}
	}
	if w.running != nil && w.budget == 0 {
		w.breaks("K", "a key is ordered again while the provider is making it")
	}
	if w.running != nil {
		return reply{status: http.StatusConflict}
	}
	w.running = &landing{what: "the operation", before: time.Now().Add(operationTime), effect: regenerate}
	if w.untold == http.StatusAccepted {
		return reply{status: http.StatusAccepted}
	}
	at := "https://" + azureHost + "/subscriptions/1/operations/1?api-version=1"
	return reply{status: http.StatusAccepted, header: http.Header{"Azure-Asyncoperation": {at}, "Retry-After": {"10"}}}
}

func (w *world) poll() reply {
	if w.untold != 0 {
		return reply{status: w.untold}
	}
	status := "Succeeded"
	if w.running != nil {
		status = "Running"
	}
	return reply{status: http.StatusOK, body: map[string]string{"status": status}}
}

// endOperation lets what the provider has accepted take effect.
func (w *world) endOperation() {
	ended := w.running
	w.running = nil
	before := w.observe()
	ended.effect()
	w.tell("%s ends", ended.what)
	w.compare(before, ended.what)
}

func TestModelAzureKeys(t *testing.T) {
	for name, s := range map[string]scenario{
		"a service that answers at once":       {budget: 1},
		"a service that takes a while":         {budget: 1, async: true},
		"a service after another rotation":     {budget: 1, seasoned: true},
		"a service that is slow or hangs":      {budget: 1, slow: true},
		"a service that is slow, and its keys": {budget: 1, slow: true, async: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s.class, s.real = rotation.DualKey, azure
			calm := s
			calm.budget = 0
			explore(t, calm, oneRotation)
			if !s.async || deep || !small && !s.slow { // an operation may end at any of many calls
				explore(t, s, oneRotation)
			}
		})
	}
}
