package access

import (
	"crypto/sha256"
	"encoding/hex"
	"sync"

	"rotunda/internal/secret"
)

// Fingerprints are the callers that sign in by function keys. The fingerprint of a key is the same
// in each instance of the app and after a restart, and different in the app of another vault. It
// is a part of a hash, so the key can't be computed from it. A key that can be guessed can be
// confirmed with it: those that the Functions host makes have 320 random bits.
type Fingerprints struct {
	vault string

	mu    sync.RWMutex
	known map[secret.Caller]*Caller
}

const (
	fingerprintDigits = 12
	// maxFingerprints is more than an app has keys. Callers with other keys are refused by the
	// host.
	maxFingerprints = 4096
)

// NewFingerprints returns the fingerprints for the app of a vault.
func NewFingerprints(vault string) *Fingerprints { return &Fingerprints{vault: vault} }

// CallerBy returns the caller with a key, or nil if the key is "". It costs no allocation for a
// key that it knows.
func (f *Fingerprints) CallerBy(key string) *Caller {
	if key == "" {
		return nil
	}
	id := secret.CallerOf(key)
	f.mu.RLock()
	found, ok := f.known[id]
	f.mu.RUnlock()
	if ok {
		return found
	}
	return f.add(id, key)
}

func (f *Fingerprints) add(id secret.Caller, key string) *Caller {
	sum := sha256.Sum256([]byte("rotunda function key\x00" + f.vault + "\x00" + key))
	caller := Caller{Key: hex.EncodeToString(sum[:])[:fingerprintDigits]}.Named()
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.known == nil || len(f.known) >= maxFingerprints {
		f.known = map[secret.Caller]*Caller{}
	}
	f.known[id] = caller
	return caller
}
