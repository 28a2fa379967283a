// Package onvaultmessage handles Key Vault's events from a Storage queue, which has retries and a
// poison queue and needs no handshake. Package onvaultevent decides what an event does.
package onvaultmessage

import (
	"rotunda/functions/onvaultevent"
	"rotunda/internal/azfunc"
)

// Handler handles a message that holds one event.
func Handler(secrets onvaultevent.Forgetter, rotations onvaultevent.Rotator, vault string) azfunc.EventHandler {
	return onvaultevent.Handler(secrets, rotations, vault)
}
