package signin

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"rotunda/internal/panics"
)

// run fetches the keys. It belongs to no request: others may be waiting for it too.
func (k *keyring) run(done chan struct{}) {
	set, err := k.load()
	if err == nil {
		k.replace(set)
	} else {
		k.log.Warn("The keys of an issuer could not be fetched. Known keys serve for up to a day.",
			"issuer", k.source.names[0], "error", err)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.fetching, k.failed = nil, err
	close(done)
}

func (k *keyring) load() (set *keyset, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = panics.Error(cause)
		}
	}()
	ctx, cancel := context.WithTimeout(context.Background(), fetchTimeout)
	defer cancel()
	issuer, address, err := k.discover(ctx)
	if err != nil {
		return nil, err
	}
	text, err := k.get.get(ctx, address)
	if err != nil {
		return nil, err
	}
	keys, err := parseKeys(text, k.accepts)
	return &keyset{issuer: issuer, keys: keys, at: time.Now()}, err
}

// discover returns the issuer's name and where its keys are, from its discovery document
// (OpenID Connect Discovery 1.0 section 4).
func (k *keyring) discover(ctx context.Context) (issuer, address string, err error) {
	if k.source.jwks != "" {
		return k.source.names[0], k.source.jwks, nil
	}
	text, err := k.get.get(ctx, k.source.document)
	if err != nil {
		return "", "", err
	}
	var document struct {
		Issuer  string `json:"issuer"`
		JWKSURI string `json:"jwks_uri"`
	}
	if err := json.Unmarshal(text, &document); err != nil {
		return "", "", errors.New("its discovery document is not JSON")
	}
	if !slices.Contains(k.source.names, document.Issuer) {
		return "", "", errors.New("its discovery document names another issuer")
	}
	return document.Issuer, document.JWKSURI, checkHost(document.JWKSURI, k.source.hosts)
}

// accepts reports whether a key may sign tokens of this issuer. Some of Entra's keys are one
// tenant's only (AzureAD/azure-activedirectory-identitymodel-extensions-for-dotnet
// src/Microsoft.IdentityModel.Validators/AadTokenValidationParametersExtension.cs).
func (k *keyring) accepts(j jwk) bool {
	if k.source.keyIssuers == nil || j.Issuer == "" {
		return true
	}
	return slices.Contains(k.source.keyIssuers, strings.ReplaceAll(j.Issuer, "{tenantid}", k.source.tenant))
}

// replace puts new keys in the place of the current ones. A key that is in both stays the same,
// so that tokens which it signed stay remembered.
func (k *keyring) replace(set *keyset) {
	if old := k.current.Load(); old != nil {
		for id, was := range old.keys {
			if now := set.keys[id]; now != nil && now.public.Equal(was.public) {
				set.keys[id] = was
			} else {
				was.withdrawn.Store(true)
			}
		}
	}
	k.current.Store(set)
}
