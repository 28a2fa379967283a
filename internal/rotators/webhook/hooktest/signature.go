package hooktest

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// signing adds what proves a request.
type signing func(header http.Header, id string, body []byte)

// sign proves a request by the key or the token.
func (s *session) sign(header http.Header, id string, body []byte) {
	if s.Key == nil {
		header.Set("Authorization", "Bearer "+s.Token)
		return
	}
	signAt(time.Now(), s.Key)(header, id, body)
}

// signAt returns a signature of Standard Webhooks (standard-webhooks/standard-webhooks,
// spec/standard-webhooks.md).
func signAt(now time.Time, key []byte) signing {
	return func(header http.Header, id string, body []byte) {
		stamp := strconv.FormatInt(now.Unix(), 10)
		mac := hmac.New(sha256.New, key)
		fmt.Fprintf(mac, "%s.%s.%s", id, stamp, body)
		header.Set("webhook-timestamp", stamp)
		header.Set("webhook-signature", "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	}
}

func unsigned(http.Header, string, []byte) {}

// signatureChecks are the requests that a hook must refuse with 401 or 403. Each of them is a
// request that would be accepted with the right proof.
func signatureChecks(c Config) []check {
	if c.Key == nil {
		return []check{
			refuses("a request without a token is refused", unsigned),
			refuses("a token that nobody has signed is refused", unsignedToken),
		}
	}
	wrong := make([]byte, len(c.Key))
	_, _ = rand.Read(wrong) // it never fails
	return []check{
		refuses("a request without a signature is refused", unsigned),
		refuses("a request with a wrong signature is refused", signAt(time.Now(), wrong)),
		refuses("a signature of another body is refused", func(header http.Header, id string, body []byte) {
			signAt(time.Now(), c.Key)(header, id, append([]byte(" "), body...))
		}),
		refuses("a signature of another id is refused", func(header http.Header, _ string, body []byte) {
			signAt(time.Now(), c.Key)(header, "another", body)
		}),
		refuses("a signature that is ten minutes old is refused", signAt(time.Now().Add(-10*time.Minute), c.Key)),
		refuses("a signature of ten minutes from now is refused", signAt(time.Now().Add(10*time.Minute), c.Key)),
	}
}

func unsignedToken(header http.Header, _ string, _ []byte) {
	encode := base64.RawURLEncoding.EncodeToString
	header.Set("Authorization", "Bearer "+encode([]byte(`{"alg":"none"}`))+"."+encode(fmt.Appendf(nil, `{"exp":%d}`, time.Now().Add(time.Hour).Unix()))+".")
}

func refuses(name string, sign signing) check {
	return check{name, func(ctx context.Context, s *session) error {
		return s.wantStatusOf(ctx, http.MethodPost, s.encode(s.plan()), sign, http.StatusUnauthorized, http.StatusForbidden)
	}}
}
