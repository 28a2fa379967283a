// Package secrets joins the vault and the cache: functions read and write secrets through it.
package secrets

import (
	"context"
	"errors"
	"time"

	"rotunda/internal/cache"
	"rotunda/internal/secret"
	"rotunda/internal/vault"
	"rotunda/internal/wire"
)

// Secrets is the vault behind the cache. Reads may come from memory. After a write, whether or
// not it failed, the cache forgets the name before the caller gets the answer.
type Secrets struct {
	*vault.Vault
	cache *cache.Cache[*wire.Rendered]
}

// Limits bound what is kept in memory, and for how long.
type Limits struct {
	TTL, MaxStale        time.Duration
	MaxEntries, MaxBytes int
}

// New returns the secrets of a vault.
func New(v *vault.Vault, limits Limits) (Secrets, error) {
	kept, err := cache.New(cache.Policy[*wire.Rendered]{
		TTL: limits.TTL, MaxStale: limits.MaxStale, MaxEntries: limits.MaxEntries, MaxBytes: limits.MaxBytes,
		Size: (*wire.Rendered).Size, Missing: secret.IsMissing, Away: isAway,
	}, func(ctx context.Context, key cache.Key) (*wire.Rendered, error) {
		found, err := v.Get(ctx, key.Name, key.Version)
		if err != nil {
			return nil, err
		}
		return wire.Render(found)
	})
	return Secrets{v, kept}, err
}

// isAway reports whether err says nothing about the secret: the vault is away, or the app is
// busy.
func isAway(err error) bool { return secret.IsVaultAway(err) || errors.Is(err, secret.ErrBusy) }

// Read returns a version, or the latest if version is "". If fresh, it asks the vault.
func (s Secrets) Read(ctx context.Context, name, version string, fresh bool) (wire.Reading, error) {
	get := s.cache.Get
	if fresh {
		get = s.cache.GetFresh
	}
	hit, err := get(ctx, cache.Key{Name: name, Version: version})
	return wire.Reading{Rendered: hit.Value, Age: hit.Age, Stale: hit.Stale}, err
}

// Peek returns a version from memory, if it is there and fresh.
func (s Secrets) Peek(name, version string) (wire.Reading, bool) {
	hit, ok := s.cache.Peek(cache.Key{Name: name, Version: version})
	return wire.Reading{Rendered: hit.Value, Age: hit.Age}, ok
}

// HasOlder reports whether memory holds a version that may serve while the vault does not answer.
func (s Secrets) HasOlder(name, version string) bool {
	return s.cache.HasOlder(cache.Key{Name: name, Version: version})
}

// Forget drops a name from memory.
func (s Secrets) Forget(name string) { s.cache.Forget(name) }

// Bypass keeps a name out of memory until a time: each read of it begins a read of the vault, and
// no older answer takes its place. A later call replaces the time; the zero time ends the bypass.
// It is for the time in which the vault's latest version is about to stop being valid.
func (s Secrets) Bypass(name string, until time.Time) { s.cache.Bypass(name, until) }

// settling is how long the vault may work on an operation after it has accepted it. Until then,
// it may answer that a name does not exist, and that must not be kept.
const settling = 2 * time.Minute

func (s Secrets) expect(name string) { s.cache.Expect(name, time.Now().Add(settling)) }

// Set is vault.Vault.Set, followed by Forget.
func (s Secrets) Set(ctx context.Context, name string, draft secret.Draft) (secret.Secret, error) {
	defer s.cache.Forget(name)
	return s.Vault.Set(ctx, name, draft)
}

// SetReclaiming is vault.Vault.SetReclaiming, followed by Forget. It may recover the name.
func (s Secrets) SetReclaiming(ctx context.Context, name string, draft secret.Draft) (secret.Secret, error) {
	s.expect(name)
	defer s.cache.Forget(name)
	return s.Vault.SetReclaiming(ctx, name, draft)
}

// Update is vault.Vault.Update, followed by Forget.
func (s Secrets) Update(ctx context.Context, name, version string, draft secret.Draft) (secret.Secret, error) {
	defer s.cache.Forget(name)
	return s.Vault.Update(ctx, name, version, draft)
}

// Delete is vault.Vault.Delete, followed by Forget.
func (s Secrets) Delete(ctx context.Context, name string) (secret.Secret, error) {
	defer s.cache.Forget(name)
	return s.Vault.Delete(ctx, name)
}

// Recover is vault.Vault.Recover, followed by Forget. The vault completes the recovery later.
func (s Secrets) Recover(ctx context.Context, name string) (secret.Secret, error) {
	s.expect(name)
	defer s.cache.Forget(name)
	return s.Vault.Recover(ctx, name)
}

// AwaitRecovered is vault.Vault.AwaitRecovered, followed by Forget.
func (s Secrets) AwaitRecovered(ctx context.Context, name string) error {
	defer s.cache.Forget(name)
	return s.Vault.AwaitRecovered(ctx, name)
}

// Restore is vault.Vault.Restore, followed by Forget of the restored name.
func (s Secrets) Restore(ctx context.Context, blob secret.Value) (secret.Secret, error) {
	restored, err := s.Vault.Restore(ctx, blob)
	if err == nil {
		s.expect(restored.Name)
	}
	return restored, err
}
