package entra_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"io"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/entra"
	"rotunda/internal/rotators/rotatortest"
	"rotunda/internal/secret"
	directory "rotunda/internal/standin/entra"
	"rotunda/internal/standin/graph"
)

// rogue is a transport whose answers have a body of the test's, from Graph or from sign-ins.
type rogue struct {
	tenant *tenant
	host   string
	body   func() io.Reader
	status int
	header http.Header
}

func (r rogue) RoundTrip(request *http.Request) (*http.Response, error) {
	if request.URL.Host != r.host {
		return r.tenant.wire.RoundTrip(request)
	}
	return &http.Response{StatusCode: r.status, Header: r.header.Clone(), Body: noClose{r.body()}, Request: request}, nil
}

// endless is a body without an end.
type endless struct{ text []byte }

func (e endless) Read(p []byte) (int, error) { return copy(p, e.text), nil }

// maxAllocated bounds what all calls to a rogue allocate, garbage too.
const maxAllocated = 64 << 20

func TestAHostileAnswerIsBounded(t *testing.T) {
	f := newTenant(t, owned)
	spaces, nested := bytes.Repeat([]byte(" "), 4096), bytes.Repeat([]byte("["), 4096)
	for name, body := range map[string]func() io.Reader{
		"white space without an end": func() io.Reader { return endless{spaces} },
		"nesting without an end":     func() io.Reader { return endless{nested} },
		"a text without an end": func() io.Reader {
			return io.MultiReader(strings.NewReader(`{"access_token":"`), endless{bytes.Repeat([]byte("a"), 4096)})
		},
		"numbers":     func() io.Reader { return strings.NewReader(`{"id":1,"appId":[],"error_codes":["x"],"error":5}`) },
		"null":        func() io.Reader { return strings.NewReader(`null`) },
		"other GUIDs": func() io.Reader { return strings.NewReader(`{"id":"../../users","appId":"x"}`) },
		"nothing":     func() io.Reader { return strings.NewReader("") },
		"a code with a value": func() io.Reader {
			return strings.NewReader(`{"error":{"code":"canary ` + first + `","message":"canary"}}`)
		},
	} {
		for _, host := range []string{directory.Host, "graph.microsoft.com"} {
			for _, status := range []int{200, 400, 403, 500} {
				wantBounded(t, name, rogue{tenant: f, host: host, body: body, status: status})
			}
		}
	}
}

// wantBounded makes every call. None may allocate much, panic, or fail with anything but a fault
// that quotes nothing.
func wantBounded(t *testing.T, name string, r rogue) {
	t.Helper()
	f := r.tenant
	rotator, s := f.rotatorBy(r), f.subject()
	ctx := t.Context()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	verdict, err := rotator.Probe(ctx, s, secret.NewValue(first))
	if verdict == rotation.Rejected {
		t.Errorf("%s from %s: rejected by a rogue", name, r.host)
	}
	_ = rotatortest.Fault(t, err)
	_, err = rotator.Check(ctx, s)
	_ = rotatortest.Fault(t, err)
	_, err = rotator.Locate(ctx, s)
	_ = rotatortest.Fault(t, err)
	if r.host != directory.Host {
		_, _, err = rotator.Issue(ctx, s, "OPERATION", rotatortest.Unfenced)
		if rotatortest.Fault(t, err) == nil {
			t.Errorf("%s: issued by a rogue", name)
		}
		if rotatortest.Fault(t, rotator.Revoke(ctx, s, key, rotatortest.Unfenced)) == nil {
			t.Errorf("%s: revoked by a rogue", name)
		}
	}
	runtime.ReadMemStats(&after)
	if got := after.TotalAlloc - before.TotalAlloc; got > maxAllocated {
		t.Errorf("%s from %s allocated %d MiB", name, r.host, got>>20)
	}
}

func TestAServerThatNeverAnswersIsLeft(t *testing.T) {
	for _, host := range []string{directory.Host, "graph.microsoft.com"} {
		synctest.Test(t, func(t *testing.T) {
			f := newTenant(t, owned)
			f.wire.Before = func(r *http.Request) error {
				if r.URL.Host == host {
					<-r.Context().Done()
				}
				return nil
			}
			began := time.Now()
			verdict, err := f.rotator().Probe(t.Context(), f.subject(), secret.NewValue(first))
			if took := time.Since(began); verdict != rotation.Unknown || took > 10*time.Second {
				t.Errorf("%v after %s", verdict, took)
			}
			wantFault(t, err, false, "did not answer")
		})
	}
}

// The token and the client secret go to Graph and to Entra alone: a redirect is not followed.
func TestARedirectIsNotFollowed(t *testing.T) {
	f := newTenant(t, owned)
	asked := ""
	wire := recorded{rogue{
		tenant: f, host: "graph.microsoft.com", status: http.StatusTemporaryRedirect, body: func() io.Reader { return strings.NewReader("{}") },
		header: http.Header{"Location": {"https://example.com/"}},
	}, &asked}
	_, err := f.rotatorBy(wire).Check(t.Context(), f.subject())
	if rotatortest.Fault(t, err) == nil || strings.Contains(asked, "example.com") {
		t.Errorf("asked %s: %v", asked, err)
	}
}

// recorded notes which hosts are asked.
type recorded struct {
	http.RoundTripper
	hosts *string
}

func (r recorded) RoundTrip(request *http.Request) (*http.Response, error) {
	*r.hosts += request.URL.Host + " "
	return r.RoundTripper.RoundTrip(request)
}

// answered is a transport with an answer for each host.
type answered map[string]func() *http.Response

func (a answered) RoundTrip(request *http.Request) (*http.Response, error) {
	return a[request.URL.Host](), nil
}

// known is a credential with a token that names a tenant.
type known struct{}

func (known) GetToken(context.Context, policy.TokenRequestOptions) (azcore.AccessToken, error) {
	claims := base64.RawURLEncoding.EncodeToString([]byte(`{"tid":"` + key + `","oid":"` + key + `","roles":["` + owned + `"]}`))
	return azcore.AccessToken{Token: "e30." + claims + ".e30", ExpiresOn: time.Now().Add(time.Hour)}, nil
}

// The bodies and statuses of answers are whatever a server likes.
func FuzzAnswers(f *testing.F) {
	application := `{"id":"` + object + `","appId":"` + object + `","passwordCredentials":[{"keyId":"` + key + `","hint":"can"}]}`
	f.Add(200, application)
	f.Add(400, `{"error":{"code":"Request_BadRequest","message":"canary"}}`)
	f.Add(401, `{"error":"invalid_client","error_codes":[7000222]}`)
	f.Fuzz(func(t *testing.T, status int, body string) {
		fuzzed := func() *http.Response { return answer(200+int(uint(status)%400), body) }
		for host, wire := range map[string]answered{
			directory.Host: {directory.Host: fuzzed, graph.Host: func() *http.Response { return answer(200, application) }},
			graph.Host:     {graph.Host: fuzzed, directory.Host: func() *http.Response { return answer(200, "{}") }},
		} {
			rotator, s := entra.New(entra.Config{Credential: known{}, Transport: &http.Client{Transport: wire}}), planned()
			verdict, err := rotator.Probe(t.Context(), s, s.Current)
			if fault := rotatortest.Fault(t, err); verdict == rotation.Unknown && fault == nil {
				t.Errorf("%s: unknown without a reason", host)
			}
			_, err = rotator.Check(t.Context(), s)
			_ = rotatortest.Fault(t, err)
		}
	})
}
