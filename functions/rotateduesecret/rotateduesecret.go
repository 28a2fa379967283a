// Package rotateduesecret does what sweep found: one message, one secret.
package rotateduesecret

import (
	"context"
	"encoding/json"

	"rotunda/internal/azfunc"
	"rotunda/internal/secret"
)

// Rotator brings a secret's rotation forward, if it is due or open. Its error makes the host deliver the message again.
type Rotator interface {
	RotateDue(ctx context.Context, name string) (note string, err error)
}

// Handler takes a message of sweep's.
func Handler(rotations Rotator) azfunc.EventHandler {
	return func(ctx context.Context, invocation azfunc.Invocation) (string, error) {
		var message struct {
			Name string `json:"name"`
		}
		if json.Unmarshal([]byte(invocation.Text("due")), &message) != nil {
			return "ignored: the message is no JSON object", nil // a failure would bring it back
		}
		if _, err := secret.ParseName(message.Name); err != nil {
			return "ignored: the message names no secret", nil
		}
		return rotations.RotateDue(ctx, message.Name)
	}
}
