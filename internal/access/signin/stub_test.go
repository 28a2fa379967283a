package signin_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/asn1"
	"encoding/base64"
	"encoding/json"
	"io"
	"log/slog"
	"maps"
	"math/big"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"rotunda/internal/access/signin"
)

const (
	tenant      = "5b1a7e0c-9a10-4b62-8f0e-0d5a3f6b7c11"
	otherTenant = "c0ffee00-0000-4000-8000-00000000beef"
	object      = "6f1c2d3e-0000-4000-8000-000000000001"
	application = "0a1b2c3d-0000-4000-8000-000000000002"
	clientID    = "11111111-2222-4333-8444-555555555555"
	audience    = "https://contoso.com/rotunda"
	v1Issuer    = "https://sts.windows.net/" + tenant + "/"
	v2Issuer    = "https://login.microsoftonline.com/" + tenant + "/v2.0"
	github      = "https://token.actions.githubusercontent.com"
	canary      = "canary5f1d77e0"
)

// signer is a private key with the name and the algorithm that its issuer publishes.
type signer struct {
	kid     string
	method  jwt.SigningMethod
	private any
	public  map[string]any
}

func newRSA(kid string, method jwt.SigningMethod) signer {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return signer{kid, method, key, map[string]any{"kty": "RSA", "use": "sig", "kid": kid, "n": b64(key.N.Bytes()), "e": b64(big.NewInt(int64(key.E)).Bytes())}}
}

func newEC(kid string) signer {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	point, err := key.PublicKey.Bytes()
	if err != nil {
		panic(err)
	}
	return signer{kid, jwt.SigningMethodES256, key, map[string]any{"kty": "EC", "crv": "P-256", "kid": kid, "x": b64(point[1:33]), "y": b64(point[33:])}}
}

// The keys of the tests. A key takes a while to make.
var (
	first  = sync.OnceValue(func() signer { return newRSA("first", jwt.SigningMethodRS256) })
	second = sync.OnceValue(func() signer { return newRSA("second", jwt.SigningMethodRS256) })
	curve  = sync.OnceValue(func() signer { return newEC("curve") })
	pss    = sync.OnceValue(func() signer {
		s := newRSA("pss", jwt.SigningMethodPS256)
		s.public["alg"] = "PS256"
		return s
	})
)

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func asJSON(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// sign makes a token of any header and payload.
func (s signer) sign(header, payload string) string {
	text := b64([]byte(header)) + "." + b64([]byte(payload))
	var signature []byte
	var err error
	if key, ok := s.private.(*ecdsa.PrivateKey); ok {
		signature, err = deterministic(key, text)
	} else {
		signature, err = s.method.Sign(text, s.private)
	}
	if err != nil {
		panic(err)
	}
	return text + "." + b64(signature)
}

// deterministic signs without a random number, so that the fuzzer sees the same paths for the
// same input.
func deterministic(key *ecdsa.PrivateKey, text string) ([]byte, error) {
	digest := sha256.Sum256([]byte(text))
	der, err := key.Sign(nil, digest[:], crypto.SHA256)
	if err != nil {
		return nil, err
	}
	var point struct{ R, S *big.Int }
	if _, err := asn1.Unmarshal(der, &point); err != nil {
		return nil, err
	}
	return append(point.R.FillBytes(make([]byte, 32)), point.S.FillBytes(make([]byte, 32))...), nil
}

// token makes a token of claims.
func (s signer) token(claims map[string]any) string { return s.sign(s.header(nil), asJSON(claims)) }

func (s signer) header(with map[string]any) string {
	return asJSON(merge(map[string]any{"typ": "JWT", "alg": s.method.Alg(), "kid": s.kid}, with))
}

// merge returns claims with changes; nil takes a claim out.
func merge(claims, changes map[string]any) map[string]any {
	all := maps.Clone(claims)
	for name, value := range changes {
		if all[name] = value; value == nil {
			delete(all, name)
		}
	}
	return all
}

// v1 returns the claims of a managed identity's token, with changes.
func v1(changes map[string]any) map[string]any {
	return merge(map[string]any{
		"aud": audience, "iss": v1Issuer, "tid": tenant, "oid": object, "appid": application, "idtyp": "app", "ver": "1.0", "sub": object,
		"iat": seconds(0), "nbf": seconds(0), "exp": seconds(time.Hour), "uti": canary,
	}, changes)
}

// v2 returns the claims of a v2 token of a user, with changes.
func v2(changes map[string]any) map[string]any {
	return merge(map[string]any{
		"aud": clientID, "iss": v2Issuer, "tid": tenant, "oid": object, "azp": application, "ver": "2.0", "scp": "user_impersonation",
		"roles": []string{"Payments.Reader"}, "groups": []string{"93ab0000-0000-4000-8000-000000000003"}, "name": canary,
		"iat": seconds(0), "nbf": seconds(0), "exp": seconds(time.Hour),
	}, changes)
}

// workflow returns the claims of a token of GitHub Actions, with changes.
func workflow(changes map[string]any) map[string]any {
	return merge(map[string]any{
		"aud": audience, "iss": github, "sub": "repo:contoso/shop:ref:refs/heads/main", "repository": "contoso/shop", "ref": "refs/heads/main",
		"iat": seconds(0), "nbf": seconds(0), "exp": seconds(time.Hour),
	}, changes)
}

func seconds(fromNow time.Duration) int64 { return time.Now().Add(fromNow).Unix() }

// issuers answers for all issuers by their real addresses.
type issuers struct {
	mu       sync.Mutex
	routes   map[string]http.HandlerFunc
	requests map[string]int
}

func (i *issuers) RoundTrip(r *http.Request) (*http.Response, error) {
	i.mu.Lock()
	handler := i.routes[r.URL.String()]
	i.requests[r.URL.String()]++
	i.mu.Unlock()
	if handler == nil {
		handler = http.NotFound
	}
	w := &answer{header: http.Header{}, status: http.StatusOK}
	handler(w, r)
	if w.err != nil {
		return nil, w.err
	}
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	return &http.Response{StatusCode: w.status, Header: w.header, Body: io.NopCloser(&w.body), Request: r, ProtoMajor: 1, ProtoMinor: 1}, nil
}

// answer is a response in memory.
type answer struct {
	header http.Header
	status int
	body   bytes.Buffer
	err    error
}

func (a *answer) Header() http.Header         { return a.header }
func (a *answer) WriteHeader(status int)      { a.status = status }
func (a *answer) Write(b []byte) (int, error) { return a.body.Write(b) }

func (i *issuers) handle(address string, handler http.HandlerFunc) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.routes[address] = handler
}

func (i *issuers) count(address string) int {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.requests[address]
}

// publish lets an issuer answer with a discovery document and keys.
func (i *issuers) publish(document, issuer, jwksURI string, keys ...signer) {
	i.handle(document, says(map[string]any{"issuer": issuer, "jwks_uri": jwksURI}))
	i.handle(jwksURI, says(keySet(keys...)))
}

func keySet(keys ...signer) map[string]any {
	all := []any{}
	for _, k := range keys {
		all = append(all, k.public)
	}
	return map[string]any{"keys": all}
}

func says(v any) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, asJSON(v)) }
}

const (
	v1Document = "https://login.microsoftonline.com/" + tenant + "/.well-known/openid-configuration"
	v1Keys     = "https://login.microsoftonline.com/common/discovery/keys"
	v2Document = "https://login.microsoftonline.com/" + tenant + "/v2.0/.well-known/openid-configuration"
	v2Keys     = "https://login.microsoftonline.com/" + tenant + "/discovery/v2.0/keys"
)

// entra returns the issuers of the public cloud and GitHub, with one key.
func entra(keys ...signer) *issuers {
	if len(keys) == 0 {
		keys = []signer{first()}
	}
	i := &issuers{routes: map[string]http.HandlerFunc{}, requests: map[string]int{}}
	i.publish(v1Document, v1Issuer, v1Keys, keys...)
	i.publish(v2Document, v2Issuer, v2Keys, keys...)
	i.publish(github+"/.well-known/openid-configuration", github, github+"/.well-known/jwks", keys...)
	return i
}

func config(from *issuers, log io.Writer) signin.Config {
	trusted, err := signin.ParseTrustedIssuers(`[{"issuer": "` + github + `", "audience": "` + audience + `", "principal": "github:{repository}:{ref}"}]`)
	if err != nil {
		panic(err)
	}
	return signin.Config{
		Audience: audience, ClientID: clientID, Tenants: []string{tenant}, AuthorityHost: "https://login.microsoftonline.com",
		Issuers: trusted, Client: &http.Client{Transport: from}, Log: slog.New(slog.NewJSONHandler(log, nil)),
	}
}

func newTokens(t testing.TB, from *issuers) *signin.Tokens {
	t.Helper()
	return newFrom(t, config(from, io.Discard))
}

func newFrom(t testing.TB, c signin.Config) *signin.Tokens {
	t.Helper()
	tokens, err := signin.New(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(tokens.Stop)
	return tokens
}

func request(token string) *http.Request {
	r, err := http.NewRequest(http.MethodGet, "https://rotunda.contoso.com/api/secrets/db", strings.NewReader("body"))
	if err != nil {
		panic(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	return r
}
