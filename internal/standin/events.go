package standin

import (
	"context"
	"encoding/json"

	"rotunda/internal/standin/keyvault"
)

// Subscribe has deliver called with each event of a secret that is written from now on, one after the other, as Event Grid
// tells of it. schema is keyvault.Event.EventGrid, for which nil stands, or keyvault.Event.CloudEvent. deliver's context ends
// with the subscription: with unsubscribe, or with Close.
func (a *Azure) Subscribe(schema func(keyvault.Event) json.RawMessage, deliver func(context.Context, json.RawMessage)) (unsubscribe func()) {
	if schema == nil {
		schema = keyvault.Event.EventGrid
	}
	return a.vault.Subscribe(func(ctx context.Context, event keyvault.Event) { deliver(ctx, schema(event)) })
}
