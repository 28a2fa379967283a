// Package eventgrid stands in for Azure Event Grid's delivery to a webhook: the handshake that
// proves that the webhook wants events, one POST per event, and repeated attempts.
//
// Facts come from MicrosoftDocs/azure-docs, articles/event-grid: the handshakes from
// end-point-validation-event-grid-events-schema.md and
// end-point-validation-cloud-events-schema.md, attempts from delivery-and-retry.md, headers from
// the tables of message headers in handler-webhooks.md and its like. What differs: a webhook
// may be at an http URL, the handshake by a validation URL does not exist, delays are not
// randomised, and an undelivered event is dropped with a line in the log.
package eventgrid
