// Package signin finds out who sent a request, from its bearer token: a token of Microsoft Entra
// for the app's audience, or one of a further issuer that the settings trust. It says who calls,
// not what the caller may do; that is for package rules.
//
// golang-jwt checks signatures and dates. This package adds what Entra's tokens need besides, and
// fetches the keys itself, because what keyfunc fetches is not bounded (docs/decisions.md).
package signin

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"rotunda/internal/access"
	"rotunda/internal/panics"
)

// Config says whose tokens are accepted.
type Config struct {
	// Audience is the https URI that tokens of Entra must be for (SIGN_IN_AUDIENCE).
	Audience string
	// ClientID is the app registration's client id, which v2 tokens have for their audience. It
	// may be "" (SIGN_IN_CLIENT_ID).
	ClientID string
	// Tenants are the ids of the Entra tenants; the first is in the challenge (SIGN_IN_TENANTS).
	Tenants []string
	// AuthorityHost is Entra's address in the cloud, such as https://login.microsoftonline.com.
	AuthorityHost string
	// Issuers are trusted besides Entra (TRUSTED_ISSUERS).
	Issuers []TrustedIssuer
	// Client fetches discovery documents and keys. Nil stands for a client with bounds of its own.
	Client *http.Client
	Log    *slog.Logger
}

// Tokens signs callers in by their bearer tokens. Create it with New.
type Tokens struct {
	issuers   map[string]*issuer // by the claim iss
	rings     []*keyring
	kept      *kept
	challenge string
	resource  string
}

// New checks the settings and reports all that are wrong at once. It fetches nothing.
func New(config Config) (*Tokens, error) {
	from, errs := check(&config)
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	kept, err := newKept()
	if err != nil {
		return nil, err
	}
	t := &Tokens{issuers: map[string]*issuer{}, kept: kept, challenge: challenge(config), resource: config.Audience}
	get := newFetcher(config.Client)
	for _, tenant := range config.Tenants {
		t.add(from.issuers(config, tenant, get))
	}
	for _, trusted := range config.Issuers {
		t.add(trusted.issuers(config, get))
	}
	return t, nil
}

func (t *Tokens) add(issuers []*issuer, rings []*keyring) {
	for _, i := range issuers {
		t.issuers[i.name] = i
	}
	t.rings = append(t.rings, rings...)
}

// WarmUp fetches the keys of all issuers, so that the first callers need not wait for them. Each
// issuer that fails is in the error; its keys are fetched again when a token needs them.
func (t *Tokens) WarmUp(ctx context.Context) error {
	errs := make([]error, len(t.rings))
	var all sync.WaitGroup
	for i, ring := range t.rings {
		all.Go(func() {
			defer func() {
				if cause := recover(); cause != nil { // it would end the process
					errs[i] = panics.Error(cause)
				}
			}()
			errs[i] = ring.warmUp(ctx)
		})
	}
	all.Wait()
	return errors.Join(errs...)
}

// SignIn returns who sent the request. The caller is shared between requests and must not be
// changed. The error is an *Error. SignIn reads no body.
func (t *Tokens) SignIn(r *http.Request) (*access.Caller, error) {
	token, err := bearer(r.Header)
	if err != nil {
		return nil, t.refuse(err)
	}
	now, id := time.Now(), t.kept.digest(token)
	if caller := t.kept.find(id, now); caller != nil {
		return caller, nil
	}
	found, err := t.verify(r.Context(), token)
	if err != nil {
		return nil, t.refuse(err)
	}
	found.caller = found.caller.Named()
	t.kept.add(id, found)
	return found.caller, nil
}
