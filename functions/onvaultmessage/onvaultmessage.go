// Package onvaultmessage hears of Key Vault's events through a Storage queue, which brings retries and a poison queue
// and needs no handshake. What an event does is onvaultevent's business.
package onvaultmessage

import (
	"rotunda/functions/onvaultevent"
	"rotunda/internal/azfunc"
)

// Handler takes a message that holds one event.
func Handler(secrets onvaultevent.Forgetter, rotations onvaultevent.Rotator, vault string) azfunc.EventHandler {
	return onvaultevent.Handler(secrets, rotations, vault)
}
