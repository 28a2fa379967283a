// Package sweep looks through the vault for rotations that wait: due, broken off, or at the end of their grace. It puts one
// message each into a queue, so that the platform spreads the work over instances.
package sweep

import (
	"context"
	"fmt"

	"rotunda/internal/azfunc"
)

// Finder gives the names of the secrets whose rotation has work waiting.
type Finder interface {
	FindDue(ctx context.Context) ([]string, error)
}

// Handler takes a timer's tick. What it puts into the queue holds a name and nothing else.
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
		return azfunc.Result{Note: fmt.Sprintf("%d secrets have a rotation waiting", len(names)), Outputs: map[string]any{"due": messages}}, nil
	}
}
