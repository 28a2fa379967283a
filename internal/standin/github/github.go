// Package github stands in for GitHub's OpenID Connect provider: the discovery document and the
// keys that verify a workflow's token, and the address where a workflow requests one. It knows one
// workflow. The claims are those of GitHub's documentation (github/docs,
// content/actions/reference/security/oidc.md); the request is that of actions/toolkit,
// packages/core/src/oidc-utils.ts.
package github

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/big"
	"net/http"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// The hosts: Host is the issuer's, RequestHost the one where workflows request tokens.
const (
	Host        = "token.actions.githubusercontent.com"
	RequestHost = "pipelines.actions.githubusercontent.com"
	Issuer      = "https://" + Host
	requestPath = "/contoso/_apis/distributedtask/hubs/Actions/plans/1/jobs/1/idtoken"
	keyID       = "stand-in"
	lifetime    = 5 * time.Minute
)

// Workflow is what a token says about the workflow that has it.
type Workflow struct {
	Repository string // such as contoso/shop
	Ref        string // such as refs/heads/main
}

// Provider serves both hosts.
type Provider struct {
	workflow Workflow
	key      *rsa.PrivateKey
	secret   string // opens the request for a token
	mux      *http.ServeMux
}

// New returns a provider with a key and a request token of its own.
func New(workflow Workflow) (*Provider, error) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return nil, fmt.Errorf("github stand-in: creating a signing key: %w", err)
	}
	p := &Provider{workflow: workflow, key: key, secret: "request-" + rand.Text(), mux: http.NewServeMux()}
	p.mux.HandleFunc("GET /.well-known/openid-configuration", p.serveConfiguration)
	p.mux.HandleFunc("GET /.well-known/jwks", p.serveKeys)
	p.mux.HandleFunc("GET "+requestPath, p.serveToken)
	return p, nil
}

// Env returns the variables that the runner gives to a job with the permission id-token: write.
func (p *Provider) Env() []string {
	return []string{
		"ACTIONS_ID_TOKEN_REQUEST_URL=https://" + RequestHost + requestPath + "?api-version=2.0",
		"ACTIONS_ID_TOKEN_REQUEST_TOKEN=" + p.secret,
	}
}

// ServeHTTP serves both hosts.
func (p *Provider) ServeHTTP(w http.ResponseWriter, r *http.Request) { p.mux.ServeHTTP(w, r) }

func (p *Provider) serveConfiguration(w http.ResponseWriter, _ *http.Request) {
	write(w, map[string]any{
		"issuer": Issuer, "jwks_uri": Issuer + "/.well-known/jwks",
		"subject_types_supported": []string{"public", "pairwise"}, "response_types_supported": []string{"id_token"},
		"id_token_signing_alg_values_supported": []string{"RS256"}, "scopes_supported": []string{"openid"},
	})
}

func (p *Provider) serveKeys(w http.ResponseWriter, _ *http.Request) {
	write(w, map[string]any{"keys": []map[string]string{{
		"kty": "RSA", "alg": "RS256", "use": "sig", "kid": keyID,
		"n": base64.RawURLEncoding.EncodeToString(p.key.N.Bytes()),
		"e": base64.RawURLEncoding.EncodeToString(big.NewInt(int64(p.key.E)).Bytes()),
	}}})
}

func (p *Provider) serveToken(w http.ResponseWriter, r *http.Request) {
	if subtle.ConstantTimeCompare([]byte(r.Header.Get("Authorization")), []byte("Bearer "+p.secret)) != 1 {
		http.Error(w, "Unauthorized", http.StatusUnauthorized)
		return
	}
	token, err := p.Token(r.URL.Query().Get("audience"))
	if err != nil {
		http.Error(w, "the token can't be signed", http.StatusInternalServerError)
		return
	}
	write(w, map[string]any{"count": len(token), "value": token})
}

// Token returns a token of the workflow for an audience. Without one, the audience is the
// repository's owner, as at GitHub.
func (p *Provider) Token(audience string) (string, error) {
	owner, name, _ := strings.Cut(p.workflow.Repository, "/")
	if audience == "" {
		audience = "https://github.com/" + owner
	}
	now := time.Now()
	unsigned := jwt.NewWithClaims(jwt.SigningMethodRS256, jwt.MapClaims{
		"jti": rand.Text(), "iss": Issuer, "aud": audience, "sub": "repo:" + p.workflow.Repository + ":ref:" + p.workflow.Ref,
		"iat": now.Unix(), "nbf": now.Add(-2 * lifetime).Unix(), "exp": now.Add(lifetime).Unix(),
		"repository": p.workflow.Repository, "repository_id": "74", "repository_owner": owner, "repository_owner_id": "65",
		"repository_visibility": "private", "ref": p.workflow.Ref, "ref_type": "branch", "ref_protected": "true",
		"sha": "1f0e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c", "event_name": "push", "workflow": name,
		"workflow_ref":     p.workflow.Repository + "/.github/workflows/deploy.yml@" + p.workflow.Ref,
		"job_workflow_ref": p.workflow.Repository + "/.github/workflows/deploy.yml@" + p.workflow.Ref,
		"actor":            "octocat", "actor_id": "12", "run_id": "100", "run_number": "10", "run_attempt": "1",
		"runner_environment": "github-hosted", "head_ref": "", "base_ref": "",
	})
	unsigned.Header["kid"] = keyID
	return unsigned.SignedString(p.key)
}

func write(w http.ResponseWriter, body any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	_ = json.NewEncoder(w).Encode(body) // the caller may have gone
}
