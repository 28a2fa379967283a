// Package sweep searches the vault for secrets whose rotation is due, was interrupted, or is at
// the end of its grace period. It puts one message per secret into a queue, so that the platform
// distributes the work to instances.
package sweep

import (
	"context"
	"fmt"

	"rotunda/internal/azfunc"
)

// Finder returns the names of the secrets whose rotation needs work.
type Finder interface {
	FindDue(ctx context.Context) ([]string, error)
}

// Handler handles a timer's tick. Its messages hold a secret's name and nothing else.
func Handler(rotations Finder) azfunc.ResultHandler {
	return func(ctx context.Context, _ azfunc.Invocation) (azfunc.Result, error) {
		names, err := rotations.FindDue(ctx)
		if err != nil {
			return azfunc.Result{}, err
		}
		messages := make([]map[string]string, len(names))
		for i, name := range names {
			messages[i] = map[string]string{"name": name}
		}
		return azfunc.Result{Note: fmt.Sprintf("secrets whose rotation needs work: %d", len(names)), Outputs: map[string]any{"due": messages}}, nil
	}
}
