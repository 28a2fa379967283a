package main

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

// settle is how long a new role may take until it has an effect everywhere. An upload of the
// package before that fails with 403 (Azure/azure-dev#8026).
const settle = 2 * time.Minute

// predeploy waits until the app's newest role is old enough. After the first deployment there is
// nothing to wait for.
func (h *hook) predeploy(ctx context.Context) error {
	principal := h.getenv("APP_PRINCIPAL_ID")
	if principal == "" {
		return nil
	}
	out, err := h.in(ctx, "role", "assignment", "list", "--all", "--fill-principal-name", "false", "--query", "[?principalId=='"+principal+"'].createdOn", "--output", "json")
	if err != nil {
		return err
	}
	var created []time.Time
	if err := json.Unmarshal(out, &created); err != nil {
		return fmt.Errorf("the answer of az role assignment list can't be read: %w", err)
	}
	if len(created) == 0 {
		return fmt.Errorf("the app's identity %s has no roles: run azd provision --no-state", principal)
	}
	if left := settle - h.now().Sub(slices.MaxFunc(created, time.Time.Compare)); left > 0 {
		h.sayf("Waiting %s until the app's roles have an effect ...", left.Round(time.Second))
		h.wait(ctx, left)
	}
	return ctx.Err()
}
