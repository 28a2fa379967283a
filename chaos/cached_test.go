package chaos_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"path"
	"sync"
	"time"

	"rotunda/internal/standin"
	"rotunda/internal/standin/keyvault"
)

// cacheKeeps is how old a value from a handler's cache may be. The grace period must be longer.
const (
	cacheTTL   = time.Second
	cacheKeeps = 1500 * time.Millisecond // SECRET_CACHE_MAX_STALE
)

// read returns the latest version, as the vault or a handler has it. It returns a zero one if the
// handler was killed, or if the vault is too slow for it: on a busy machine its cache bridges that
// for cacheKeeps only.
func (r *reader) read(ctx context.Context) (version, error) {
	if r.through == nil {
		return r.vault.latest(ctx, r.name)
	}
	got, err := r.through.send(ctx, http.MethodGet, "/api/secrets/"+r.name, nil)
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case err != nil && r.through.mayDie:
		r.unreachable++
		return version{}, nil
	case got.status >= http.StatusBadGateway:
		r.unserved++
		return version{}, nil
	}
	if err == nil && got.status != http.StatusOK {
		err = fmt.Errorf("a read was answered %d %s", got.status, got.body)
	}
	if err != nil {
		return version{}, err
	}
	var found struct {
		ID, Value string
		Tags      map[string]string
	}
	err = json.Unmarshal(got.body, &found)
	return version{path.Base(found.ID), found.Value, found.Tags["rot-op"]}, err
}

// ledger notes when versions were replaced, from the vault's events.
type ledger struct {
	mu       sync.Mutex
	latest   map[string]string // by name
	replaced map[string]time.Time
}

// follow notes what happens in a vault until unfollow is called.
func follow(azure *standin.Azure) (_ *ledger, unfollow func()) {
	l := &ledger{latest: map[string]string{}, replaced: map[string]time.Time{}}
	return l, azure.Vault().Subscribe(func(_ context.Context, e keyvault.Event) {
		if e.Type != keyvault.SecretNewVersionCreated {
			return
		}
		l.mu.Lock()
		defer l.mu.Unlock()
		if before := l.latest[e.Name]; before != "" {
			l.replaced[before] = e.Time
		}
		l.latest[e.Name] = e.Version
	})
}

// at returns when a version was replaced; zero if it was not.
func (l *ledger) at(version string) time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.replaced[version]
}
