// Package rotateduesecret advances the rotation that a message from sweep names. Each message is
// about one secret.
package rotateduesecret

import (
	"context"
	"encoding/json"

	"rotunda/internal/azfunc"
	"rotunda/internal/secret"
)

// Rotator advances a secret's rotation if it is due or open. If it returns an error, the host
// delivers the message again.
type Rotator interface {
	RotateDue(ctx context.Context, name string) (note string, err error)
}

// Handler handles a message from sweep.
func Handler(rotations Rotator) azfunc.EventHandler {
	return func(ctx context.Context, invocation azfunc.Invocation) (string, error) {
		var message struct {
			Name string `json:"name"`
		}
		if json.Unmarshal([]byte(invocation.Text("due")), &message) != nil {
			return "ignored: the message is not a JSON object", nil // if this failed, it would be delivered again
		}
		if _, err := secret.ParseName(message.Name); err != nil {
			return "ignored: name in the message is not a secret's name", nil
		}
		if secret.IsPending(message.Name) {
			return "ignored: the message is about Rotunda's own record of a rotation", nil
		}
		return rotations.RotateDue(ctx, message.Name)
	}
}
