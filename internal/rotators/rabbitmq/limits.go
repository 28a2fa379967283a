package rabbitmq

import (
	"context"
	"net/http"
)

// limits are a user's, such as max-connections.
type limits map[string]int

// limitsOf returns a user's limits.
func (c *client) limitsOf(ctx context.Context, user string) (limits, error) {
	var found []struct {
		Value limits `json:"value"`
	}
	err := c.do(ctx, http.MethodGet, path("user-limits", user), nil, &found)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return found[0].Value, nil
}

// copyLimits makes a user's limits those of another.
func (c *client) copyLimits(ctx context.Context, from, to string) error {
	wanted, err := c.limitsOf(ctx, from)
	if err != nil {
		return err
	}
	had, err := c.limitsOf(ctx, to)
	if err != nil {
		return err
	}
	for name := range had {
		if _, has := wanted[name]; !has {
			if err := c.do(ctx, http.MethodDelete, path("user-limits", to, name), nil, nil); err != nil {
				return err
			}
		}
	}
	for name, value := range wanted {
		if before, has := had[name]; has && before == value {
			continue
		}
		if err := c.do(ctx, http.MethodPut, path("user-limits", to, name), map[string]int{"value": value}, nil); err != nil {
			return err
		}
	}
	return nil
}
