package signin

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"
)

// How long keys are kept and how often they are fetched.
const (
	freshFor     = time.Hour       // then they are fetched again, and serve meanwhile
	keptKeysFor  = 24 * time.Hour  // in an outage of the issuer
	unknownPause = 5 * time.Minute // between fetches for keys that tokens name and we don't know
	refreshPause = time.Minute     // between fetches of keys that are not fresh
	emptyPause   = 5 * time.Second // between fetches while there are no keys
	patience     = 5 * time.Second // how long a request waits for a fetch
)

// source says where the keys of an issuer come from, and what is accepted of its documents.
type source struct {
	document   string   // the discovery document
	jwks       string   // the keys' address, if the settings have it; the document is not fetched then
	names      []string // the issuer that the document may name
	hosts      []string // where the document may say that the keys are
	keyIssuers []string // the issuer that a key may name; nil if that does not matter
	tenant     string
}

// keyring keeps the keys of one issuer. One fetch at a time is under way; what has no good key
// waits for it, and what has one does not.
type keyring struct {
	source source
	get    *fetcher
	log    *slog.Logger

	current atomic.Pointer[keyset] // what the last good fetch returned

	mu       sync.Mutex
	fetching chan struct{} // closed at the end of the fetch under way; nil if there is none
	tried    time.Time     // when the last fetch began
	failed   error         // why the last fetch failed
}

// keyset is what a good fetch returned.
type keyset struct {
	issuer string
	keys   map[keyID]*key
	at     time.Time
}

func newKeyring(log *slog.Logger, get *fetcher, from source) *keyring {
	return &keyring{source: from, get: get, log: log}
}

// find returns the key that a token's header names.
func (k *keyring) find(ctx context.Context, issuer string, kid any, alg string) (*key, error) {
	name, ok := kid.(string)
	if !ok || name == "" {
		return nil, refuse("the token's header names no key (kid)", saysSignature)
	}
	id := keyID{name, alg}
	set := k.usable(ctx)
	if set != nil && set.keys[id] == nil {
		k.fetch(ctx, unknownPause, true)
		set = k.usable(ctx)
	}
	switch {
	case set == nil:
		return nil, unavailable
	case set.issuer != issuer:
		return nil, refuse("the token's issuer is not the one that the tenant's discovery document names", saysIssuer)
	case set.keys[id] != nil:
		return set.keys[id], nil
	case k.lastFailure() != nil:
		return nil, unavailable
	}
	return nil, refuse("the token's key (kid) is not among its issuer's, or is for another algorithm", saysSignature)
}

var unavailable = &Error{reason: "the keys of the token's issuer can't be fetched", message: saysLater, unavailable: true}

// usable returns the keys if they are not too old. It waits for a fetch only if there are none.
func (k *keyring) usable(ctx context.Context) *keyset {
	if set := k.keys(); set != nil {
		k.keepFresh(time.Now())
		return set
	}
	k.fetch(ctx, emptyPause, true)
	return k.keys()
}

func (k *keyring) keys() *keyset {
	if set := k.current.Load(); set != nil && time.Since(set.at) < keptKeysFor {
		return set
	}
	return nil
}

// keepFresh begins to fetch the keys in the background if they are no longer fresh.
func (k *keyring) keepFresh(now time.Time) {
	if set := k.current.Load(); set != nil && now.Sub(set.at) >= freshFor {
		k.fetch(context.Background(), refreshPause, false)
	}
}

// warmUp fetches the keys, unless there are some.
func (k *keyring) warmUp(ctx context.Context) error {
	if k.usable(ctx) != nil {
		return nil
	}
	if err := k.lastFailure(); err != nil {
		return fmt.Errorf("keys of %s: %w", k.source.names[0], err)
	}
	return fmt.Errorf("keys of %s: no answer yet", k.source.names[0])
}

// fetch begins a fetch, unless one is under way or the last one began less than pause ago. It
// waits for the end of the one under way if asked to, within limits.
func (k *keyring) fetch(ctx context.Context, pause time.Duration, wait bool) {
	k.mu.Lock()
	if now := time.Now(); k.fetching == nil && (k.tried.IsZero() || now.Sub(k.tried) >= pause) {
		k.fetching, k.tried = make(chan struct{}), now
		go k.run(k.fetching)
	}
	done := k.fetching
	k.mu.Unlock()
	if done == nil || !wait {
		return
	}
	limit := time.NewTimer(patience)
	defer limit.Stop()
	select {
	case <-done:
	case <-limit.C:
	case <-ctx.Done():
	}
}

func (k *keyring) lastFailure() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.failed
}
