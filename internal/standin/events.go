package standin

import (
	"context"
	"encoding/json"

	"rotunda/internal/standin/keyvault"
)

// Subscribe calls deliver with each event about secrets that are written from now on, one after
// the other, as Event Grid sends it. schema is keyvault.Event.EventGrid, which is the default, or
// keyvault.Event.CloudEvent. deliver's context ends with the subscription, by unsubscribe or
// Close.
func (a *Azure) Subscribe(schema func(keyvault.Event) json.RawMessage, deliver func(context.Context, json.RawMessage)) (unsubscribe func()) {
	if schema == nil {
		schema = keyvault.Event.EventGrid
	}
	return a.vault.Subscribe(func(ctx context.Context, event keyvault.Event) { deliver(ctx, schema(event)) })
}
