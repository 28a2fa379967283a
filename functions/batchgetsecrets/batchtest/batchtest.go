// Package batchtest has a vault and a guard for tests of functions that read many secrets.
package batchtest

import (
	"context"
	"strings"
	"sync/atomic"
	"time"

	"rotunda/functions/batchgetsecrets"
	"rotunda/internal/access"
	"rotunda/internal/secret"
	"rotunda/internal/wire"
)

// Vault has a secret with Value under each name, but for "panics". Those that begin with "stale"
// are old. Nothing is cached.
type Vault struct {
	Reads atomic.Int64
	Value secret.Value
}

// Read implements batchgetsecrets.Reader.
func (v *Vault) Read(_ context.Context, name, _ string, _ bool) (wire.Reading, error) {
	if v.Reads.Add(1); name == "panics" {
		panic("canary-in-a-panic")
	}
	rendered, err := wire.Render(secret.Secret{ID: "https://contoso.vault.azure.net/secrets/" + name, Value: v.Value})
	if strings.HasPrefix(name, "stale") {
		return wire.Reading{Rendered: rendered, Age: 7 * time.Second, Stale: true}, err
	}
	return wire.Reading{Rendered: rendered}, err
}

// Peek implements batchgetsecrets.Reader.
func (*Vault) Peek(string, string) (wire.Reading, bool) { return wire.Reading{}, false }

// HasOlder implements batchgetsecrets.Reader.
func (*Vault) HasOlder(string, string) bool { return false }

// Open lets everybody read, and keeps nothing.
type Open struct{ batchgetsecrets.Guard }

// Allows implements batchgetsecrets.Guard.
func (Open) Allows(context.Context, access.Action, string) bool { return true }

// Keeps implements batchgetsecrets.Guard.
func (Open) Keeps() bool { return false }
