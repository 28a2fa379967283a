package webhook

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"rotunda/internal/rotation"
	"rotunda/internal/secret"
)

// Audience is a hook's server and the audience in Microsoft Entra ID that its tokens are for. The
// app's settings bind the two, so that no tag can have a token sent to another server, nor a token
// for another audience sent anywhere.
type Audience struct {
	Server string // as scheme://host or scheme://host:port
	Name   string // such as api://rotation-hook
}

// signer proves to a hook that a request is the app's.
type signer interface {
	// sign adds headers to a request. id identifies the request.
	sign(ctx context.Context, header http.Header, id string, body []byte) error
	// forger returns a signer whose requests the hook must refuse.
	forger() signer
	// remedy says what to do if the hook refuses a request.
	remedy() string
}

// newSigner returns how the requests about a secret are signed.
func (r Rotator) newSigner(s rotation.Subject) (signer, error) {
	if s.Admin.IsSet() && s.Admin.Equal(s.Current) {
		return nil, rotation.Permanentf("The tag AdminSecret names a secret with the value that is to be rotated. It must name another secret, with the key that hook and app share.")
	}
	if s.Admin.IsSet() {
		return parseKey(s.Admin)
	}
	for _, audience := range r.Audiences {
		if rotation.Hosts(audience.Server).Include(s.Address) && r.Credential != nil {
			return token{r.Credential, audience.Name}, nil
		}
	}
	return nil, rotation.Permanentf("Nothing says how to sign requests to this hook. Set the tag AdminSecret to the name of the secret with the key that hook and app share; or list the hook's server and its audience in the app's setting ROTATION_WEBHOOK_AUDIENCES.")
}

// The headers of Standard Webhooks, version 1 (standard-webhooks/standard-webhooks,
// spec/standard-webhooks.md).
const (
	headerID        = "Webhook-Id"
	headerTime      = "Webhook-Timestamp"
	headerSignature = "Webhook-Signature"
)

// key signs requests with HMAC-SHA256, as Standard Webhooks do.
type key []byte

const keyPrefix = "whsec_"

// The lengths of a key, by the same specification.
const minKey, maxKey = 24, 64

func parseKey(value secret.Value) (signer, error) {
	text := strings.TrimPrefix(strings.TrimRight(value.Reveal(), "\r\n"), keyPrefix)
	decoded, err := base64.StdEncoding.Strict().DecodeString(text)
	if err != nil || strings.ContainsAny(text, "\r\n") || len(decoded) < minKey || len(decoded) > maxKey {
		return nil, rotation.Permanentf("The value of the secret that the tag AdminSecret names must be a key for signatures: %d to %d random bytes in base64, after whsec_ or alone.", minKey, maxKey)
	}
	return key(decoded), nil
}

func (k key) sign(_ context.Context, header http.Header, id string, body []byte) error {
	now := strconv.FormatInt(time.Now().Unix(), 10)
	header.Set(headerTime, now)
	header.Set(headerSignature, k.signature(id, now, body))
	return nil
}

func (k key) signature(id, now string, body []byte) string {
	mac := hmac.New(sha256.New, k)
	mac.Write([]byte(id + "." + now + "."))
	mac.Write(body)
	return "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

func (key) forger() signer {
	wrong := make(key, minKey)
	_, _ = rand.Read(wrong) // it never fails
	return wrong
}

func (key) remedy() string {
	return "Its key must be the one in the secret that the tag AdminSecret names, and its clock must be right."
}

// token sends a bearer token of the app's identity.
type token struct {
	credential azcore.TokenCredential
	audience   string
}

func (t token) sign(ctx context.Context, header http.Header, _ string, _ []byte) error {
	issued, err := t.credential.GetToken(ctx, policy.TokenRequestOptions{Scopes: []string{t.audience + "/.default"}})
	if err != nil {
		return rotation.Temporaryf("The app's identity gets no token for the audience %s. Check that the application exists in the identity's tenant, and that the identity may call it.", t.audience)
	}
	header.Set(headerTime, strconv.FormatInt(time.Now().Unix(), 10))
	header.Set("Authorization", "Bearer "+issued.Token)
	return nil
}

func (t token) forger() signer { return forged{t.audience} }

func (t token) remedy() string {
	return "It must accept tokens of the app's identity for the audience " + t.audience + "."
}

// forged sends a token that nobody has signed.
type forged struct{ audience string }

func (f forged) sign(_ context.Context, header http.Header, _ string, _ []byte) error {
	claims, err := json.Marshal(map[string]any{"aud": f.audience, "exp": time.Now().Add(time.Hour).Unix()})
	if err != nil {
		return err
	}
	encode := base64.RawURLEncoding.EncodeToString
	header.Set("Authorization", "Bearer "+encode([]byte(`{"alg":"none","typ":"JWT"}`))+"."+encode(claims)+".")
	return nil
}

func (f forged) forger() signer { return f }
func (forged) remedy() string   { return "" }
