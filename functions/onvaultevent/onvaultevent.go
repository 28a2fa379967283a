// Package onvaultevent hears of Key Vault's events. A new version, whoever made it, makes memory
// forget the name.
package onvaultevent

import (
	"context"
	"strings"

	"rotunda/internal/azfunc"
)

// Forgetter drops what memory has of a name.
type Forgetter interface{ Forget(name string) }

// newVersion is the event for each version of a secret that is made
// (MicrosoftDocs/azure-docs articles/event-grid/event-schema-key-vault.md).
const newVersion = "Microsoft.KeyVault.SecretNewVersionCreated"

// Handler takes one event, in Event Grid's schema or as a CloudEvent. vault is the name of the one
// that the app serves; other vaults' events, and events of other kinds, are none of its business.
func Handler(secrets Forgetter, vault string) azfunc.EventHandler {
	return func(_ context.Context, invocation azfunc.Invocation) (string, error) {
		event, err := azfunc.ParseVaultEvent(invocation.Trigger("event"))
		switch {
		case err != nil:
			return "ignored: " + err.Error(), nil // a failure would bring it back for a day
		case event.Type != newVersion:
			return "ignored: " + event.Type, nil
		case !strings.EqualFold(event.Vault, vault):
			return "ignored: it is about another vault", nil
		}
		secrets.Forget(event.Name)
		return "forgot " + event.Name, nil
	}
}
