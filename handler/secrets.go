package main

import (
	"context"
	"errors"
	"net/http"

	"rotunda/internal/cache"
	"rotunda/internal/gate"
	"rotunda/internal/secret"
	"rotunda/internal/vault"
	"rotunda/internal/wire"
)

// secrets is the vault behind the cache: reads may come from memory, and a write that was tried
// makes memory forget the name before the caller hears of it, whether it failed or not.
type secrets struct {
	*vault.Vault
	cache *cache.Cache[*wire.Rendered]
}

func newSecrets(v *vault.Vault, c config) (secrets, error) {
	kept, err := cache.New(cache.Policy[*wire.Rendered]{
		TTL: c.cacheTTL, MaxStale: c.cacheMaxStale, MaxEntries: c.cacheEntries, MaxBytes: c.cacheBytes,
		Size: (*wire.Rendered).Size, Missing: isMissing, Passing: isPassing,
	}, func(ctx context.Context, key cache.Key) (*wire.Rendered, error) {
		found, err := v.Get(ctx, key.Name, key.Version)
		if err != nil {
			return nil, err
		}
		return wire.Render(found)
	})
	return secrets{v, kept}, err
}

// newGate bounds the calls to the vault. 256 at once are as many connections as the transport keeps.
func newGate(c config) *gate.Gate {
	return gate.New(gate.Limits{InFlight: 256, Waiting: 1024, PerSecond: c.callsPerSecond})
}

func isMissing(err error) bool {
	status, _ := secret.RefusedWith(err)
	return status == http.StatusNotFound
}

// isPassing tells the failures that say nothing of the secret: the vault is away, or we are busy.
func isPassing(err error) bool { return secret.IsVaultAway(err) || errors.Is(err, secret.ErrBusy) }

// Read gives a version, or the latest when version is "".
func (s secrets) Read(ctx context.Context, name, version string, fresh bool) (wire.Reading, error) {
	get := s.cache.Get
	if fresh {
		get = s.cache.GetFresh
	}
	hit, err := get(ctx, cache.Key{Name: name, Version: version})
	return wire.Reading{Rendered: hit.Value, Age: hit.Age, Stale: hit.Stale}, err
}

// Peek gives what is in memory and fresh.
func (s secrets) Peek(name, version string) (wire.Reading, bool) {
	hit, ok := s.cache.Peek(cache.Key{Name: name, Version: version})
	return wire.Reading{Rendered: hit.Value, Age: hit.Age}, ok
}

// Forget drops what memory has of a name.
func (s secrets) Forget(name string) { s.cache.Forget(name) }

func (s secrets) Set(ctx context.Context, name string, draft secret.Draft) (secret.Secret, error) {
	defer s.cache.Forget(name)
	return s.Vault.Set(ctx, name, draft)
}

func (s secrets) SetReclaiming(ctx context.Context, name string, draft secret.Draft) (secret.Secret, error) {
	defer s.cache.Forget(name)
	return s.Vault.SetReclaiming(ctx, name, draft)
}

func (s secrets) Update(ctx context.Context, name, version string, draft secret.Draft) (secret.Secret, error) {
	defer s.cache.Forget(name)
	return s.Vault.Update(ctx, name, version, draft)
}

func (s secrets) Delete(ctx context.Context, name string) (secret.Secret, error) {
	defer s.cache.Forget(name)
	return s.Vault.Delete(ctx, name)
}

func (s secrets) Recover(ctx context.Context, name string) (secret.Secret, error) {
	defer s.cache.Forget(name)
	return s.Vault.Recover(ctx, name)
}

// AwaitRecovered forgets too: while the vault was at it, a read may have been told "not found".
func (s secrets) AwaitRecovered(ctx context.Context, name string) error {
	defer s.cache.Forget(name)
	return s.Vault.AwaitRecovered(ctx, name)
}

func (s secrets) Restore(ctx context.Context, blob secret.Value) (secret.Secret, error) {
	restored, err := s.Vault.Restore(ctx, blob)
	s.cache.Forget(restored.Name)
	return restored, err
}
