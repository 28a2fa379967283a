// Package onvaultevent handles Key Vault's events. An event about a new version, whoever made it,
// removes the secret from the cache. An event about a version that is near its expiry, or past it,
// rotates the secret.
package onvaultevent

import (
	"context"
	"strings"

	"rotunda/internal/azfunc"
	"rotunda/internal/secret"
)

// Forgetter removes a secret from the cache.
type Forgetter interface{ Forget(name string) }

// Rotator advances a secret's rotation if version is the latest and due. If it returns an error,
// the host delivers the event again.
type Rotator interface {
	RotateExpiring(ctx context.Context, name, version string) (note string, err error)
}

// Key Vault's events about secrets (MicrosoftDocs/azure-docs
// articles/event-grid/event-schema-key-vault.md).
const (
	newVersion = "Microsoft.KeyVault.SecretNewVersionCreated"
	nearExpiry = "Microsoft.KeyVault.SecretNearExpiry"
	expired    = "Microsoft.KeyVault.SecretExpired"
)

// Handler handles one event, in Event Grid's schema or as a CloudEvent. It ignores events about
// vaults other than vault, which is the one that the app serves, and events of other kinds.
func Handler(secrets Forgetter, rotations Rotator, vault string) azfunc.EventHandler {
	return func(ctx context.Context, invocation azfunc.Invocation) (string, error) {
		event, err := parseEvent([]byte(invocation.Text("event")))
		switch {
		case err != nil:
			return "ignored: " + err.Error(), nil // if this failed, it would be delivered again for a day
		case !strings.EqualFold(event.vault, vault):
			return "ignored: the event is about another vault", nil
		case secret.IsPending(event.name):
			return "ignored: the event is about Rotunda's own record of a rotation", nil
		case event.kind == newVersion:
			secrets.Forget(event.name)
			return "removed " + event.name + " from the cache", nil
		case event.kind == nearExpiry, event.kind == expired:
			return rotations.RotateExpiring(ctx, event.name, event.version)
		}
		return "ignored: " + event.kind, nil
	}
}
