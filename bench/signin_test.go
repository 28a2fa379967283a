package bench_test

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"fmt"
	"io"
	"math"
	"math/big"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"rotunda/internal/access/signin"
)

const (
	signInTenant = "5b1a7e0c-9a10-4b62-8f0e-0d5a3f6b7c11"
	signInIssuer = "https://sts.windows.net/" + signInTenant + "/"
)

// firstTokens measures a token that the app has not seen before. The floor is the check of its
// signature.
func firstTokens(t *testing.T) []row {
	const batches, batch = 100, 20
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	issuer := &issuerInMemory{key: &key.PublicKey}
	tokens := signInBy(t, issuer)
	fetched := issuer.requests
	floor, ours := math.Inf(1), math.Inf(1)
	for i := range batches {
		requests := make([]*http.Request, batch)
		for j := range requests {
			requests[j] = withToken(t, key, i*batch+j)
		}
		floor = min(floor, perCall(requests, func(r *http.Request) error { return checkSignature(r, &key.PublicKey) }, t))
		ours = min(ours, perCall(requests, func(r *http.Request) error { _, err := tokens.SignIn(r); return err }, t))
	}
	micros := func(ns float64) string { return fmt.Sprintf("%.1f µs", ns/1000) }
	return []row{
		{"17", "a token seen for the first time, in µs (floor: its signature alone)", micros(floor), micros(ours), ours / 1000, true, 80, true},
		{"17", "a token seen for the first time: requests to its issuer", "0", fmt.Sprint(issuer.requests - fetched), float64(issuer.requests - fetched), true, 0, false},
	}
}

// perCall returns the nanoseconds of one call.
func perCall(requests []*http.Request, call func(*http.Request) error, t *testing.T) float64 {
	began := time.Now()
	for _, r := range requests {
		if err := call(r); err != nil {
			t.Fatal(err)
		}
	}
	return float64(time.Since(began).Nanoseconds()) / float64(len(requests))
}

func signInBy(t *testing.T, issuer http.RoundTripper) *signin.Tokens {
	t.Helper()
	tokens, err := signin.New(signin.Config{
		Audience: "https://contoso.com/rotunda", Tenants: []string{signInTenant}, AuthorityHost: "https://login.microsoftonline.com",
		Client: &http.Client{Transport: issuer},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := tokens.WarmUp(t.Context()); err != nil {
		t.Log(err) // the issuer in memory has no keys for v2 tokens
	}
	return tokens
}

// withToken returns a request with a token such as a managed identity's.
func withToken(t *testing.T, key *rsa.PrivateKey, number int) *http.Request {
	t.Helper()
	now := time.Now()
	token := jwt.NewWithClaims(jwt.SigningMethodRS256, jwt.MapClaims{
		"aud": "https://contoso.com/rotunda", "iss": signInIssuer, "tid": signInTenant, "oid": "6f1c2d3e-0000-4000-8000-000000000001",
		"appid": "0a1b2c3d-0000-4000-8000-000000000002", "appidacr": "2", "idp": signInIssuer, "idtyp": "app", "ver": "1.0",
		"sub": "6f1c2d3e-0000-4000-8000-000000000001", "iat": now.Unix(), "nbf": now.Unix(), "exp": now.Add(time.Hour).Unix(),
		"rh": strings.Repeat("x", 60), "uti": fmt.Sprintf("%022d", number), "roles": []string{"Payments.Reader"},
		"xms_mirid": "/subscriptions/" + signInTenant + "/resourcegroups/payments/providers/Microsoft.ManagedIdentity/userAssignedIdentities/worker",
	})
	token.Header["kid"] = "key"
	signed, err := token.SignedString(key)
	if err != nil {
		t.Fatal(err)
	}
	return &http.Request{Header: http.Header{"Authorization": {"Bearer " + signed}}}
}

func checkSignature(r *http.Request, key *rsa.PublicKey) error {
	token := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	dot := strings.LastIndexByte(token, '.')
	signature, err := base64.RawURLEncoding.DecodeString(token[dot+1:])
	if err != nil {
		return err
	}
	return jwt.SigningMethodRS256.Verify(token[:dot], signature, key)
}

// issuerInMemory publishes a key for the tenant's v1 tokens.
type issuerInMemory struct {
	key      *rsa.PublicKey
	requests int
}

func (i *issuerInMemory) RoundTrip(r *http.Request) (*http.Response, error) {
	const keys = "https://login.microsoftonline.com/common/discovery/keys"
	body := `{"issuer":"` + signInIssuer + `","jwks_uri":"` + keys + `"}`
	switch {
	case strings.Contains(r.URL.Path, "v2.0"):
		return &http.Response{StatusCode: http.StatusNotFound, Body: http.NoBody, Request: r}, nil
	case r.URL.String() == keys:
		body = fmt.Sprintf(`{"keys":[{"kty":"RSA","kid":"key","n":%q,"e":%q}]}`, base64url(i.key.N.Bytes()), base64url(big.NewInt(int64(i.key.E)).Bytes()))
	}
	i.requests++
	return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
}

func base64url(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }
