// Package onvaultevent hears of Key Vault's events. A new version, whoever made it, makes memory forget the name; one that
// nears its expiry, or has passed it, is rotated.
package onvaultevent

import (
	"context"
	"strings"

	"rotunda/internal/azfunc"
	"rotunda/internal/secret"
)

// Forgetter drops what memory has of a name.
type Forgetter interface{ Forget(name string) }

// Rotator brings a secret's rotation forward, if version is the latest and due. Its error makes the host deliver the
// event again.
type Rotator interface {
	RotateExpiring(ctx context.Context, name, version string) (note string, err error)
}

// Key Vault's events about secrets (MicrosoftDocs/azure-docs articles/event-grid/event-schema-key-vault.md).
const (
	newVersion = "Microsoft.KeyVault.SecretNewVersionCreated"
	nearExpiry = "Microsoft.KeyVault.SecretNearExpiry"
	expired    = "Microsoft.KeyVault.SecretExpired"
)

// Handler takes one event, in Event Grid's schema or as a CloudEvent. vault is the name of the one
// that the app serves; other vaults' events, and events of other kinds, are none of its business.
func Handler(secrets Forgetter, rotations Rotator, vault string) azfunc.EventHandler {
	return func(ctx context.Context, invocation azfunc.Invocation) (string, error) {
		event, err := azfunc.ParseVaultEvent([]byte(invocation.Text("event")))
		switch {
		case err != nil:
			return "ignored: " + err.Error(), nil // a failure would bring it back for a day
		case !strings.EqualFold(event.Vault, vault):
			return "ignored: it is about another vault", nil
		case secret.IsPending(event.Name):
			return "ignored: it is about Rotunda's own record of a rotation", nil
		case event.Type == newVersion:
			secrets.Forget(event.Name)
			return "forgot " + event.Name, nil
		case event.Type == nearExpiry, event.Type == expired:
			return rotations.RotateExpiring(ctx, event.Name, event.Version)
		}
		return "ignored: " + event.Type, nil
	}
}
