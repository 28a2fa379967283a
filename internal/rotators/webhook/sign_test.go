package webhook

import (
	"context"
	"encoding/base64"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/rotatortest"
	"rotunda/internal/secret"
)

// The values are those of standard-webhooks/standard-webhooks, libraries/go/webhook_test.go.
func TestSignaturesAreThoseOfStandardWebhooks(t *testing.T) {
	signed, err := parseKey(secret.NewValue("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"))
	rotatortest.Must(t, err)
	got := signed.(key).signature("msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", []byte(`{"test": 2432232314}`))
	if want := "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="; got != want {
		t.Errorf("%s, not %s", got, want)
	}
}

// identity issues tokens that say for which scope they are.
type identity struct{ err error }

func (i identity) GetToken(_ context.Context, options policy.TokenRequestOptions) (azcore.AccessToken, error) {
	return azcore.AccessToken{Token: "canary-token-for-" + strings.Join(options.Scopes, " ")}, i.err
}

// A token goes to the server that the app's settings list, for the audience that they list with
// it, and to no other.
func TestATokenGoesOnlyToTheServerOfItsAudience(t *testing.T) {
	h := &hookServer{answer: func(w http.ResponseWriter, asked received) {
		if !strings.HasPrefix(asked.header.Get("Authorization"), "Bearer canary-token") {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		write(w, 200, `{"verdict":"accepted","class":"S"}`)
	}}
	address, trust := startTLS(t, h)
	r := Rotator{Credential: identity{}, Audiences: []Audience{{Server: "https://other.example.com", Name: "api://other"}, {Server: address, Name: "api://hook"}}}
	s := subject(rotation.Single, address+"/orders?cafile=ca.pem")
	s.Admin, s.Trust = secret.Value{}, trust
	rotatortest.WantVerdict(t, r, s, firstValue, rotation.Accepted)
	if got := h.last(t).header.Get("Authorization"); got != "Bearer canary-token-for-api://hook/.default" {
		t.Error(got)
	}
	if _, err := r.Check(t.Context(), s); err != nil {
		t.Error(err)
	}
	for name, elsewhere := range map[string]string{
		"another port": "https://127.0.0.1:1/", "another scheme": strings.Replace(address, "https:", "http:", 1), "another name": "https://localhost:" + address[strings.LastIndex(address, ":")+1:],
		"a host that begins the same": strings.Replace(address, "127.0.0.1", "127.0.0.1.example.com", 1),
	} {
		s.Address, s.Trust.Plaintext = elsewhere, true
		_, err := r.Plan(s)
		rotatortest.WantPermanent(t, err, "ROTATION_WEBHOOK_AUDIENCES")
		if t.Failed() {
			t.Fatal(name)
		}
	}
	r.Credential, s.Address = identity{errors.New("canary")}, address+"/orders?cafile=ca.pem"
	_, err := r.Probe(t.Context(), s, s.Current)
	if fault := rotatortest.Fault(t, err); fault == nil || fault.Permanent || !strings.Contains(fault.Reason, "gets no token for the audience api://hook") {
		t.Error(err)
	}
}

// With AdminSecret, no token is sent.
func TestAKeyTakesThePlaceOfATokens(t *testing.T) {
	h := startHook(t, 200, `{"verdict":"accepted"}`)
	r := Rotator{Credential: identity{}, Audiences: []Audience{{Server: h.URL, Name: "api://hook"}}}
	rotatortest.WantVerdict(t, r, subject(rotation.Single, h.URL), firstValue, rotation.Accepted)
	if header := h.last(t).header; header.Get("Authorization") != "" || header.Get(headerSignature) == "" {
		t.Error(header)
	}
}

func TestTheForgedTokenIsSignedByNobody(t *testing.T) {
	header := http.Header{}
	rotatortest.Must(t, forged{"api://hook"}.sign(t.Context(), header, "", nil))
	parts := strings.Split(strings.TrimPrefix(header.Get("Authorization"), "Bearer "), ".")
	claims, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil || len(parts) != 3 || parts[2] != "" || !strings.Contains(string(claims), `"aud":"api://hook"`) {
		t.Errorf("%s, %v", header, err)
	}
}
