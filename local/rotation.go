package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"
)

// showRotation sets a secret that expires in a week. Key Vault sends an event about it, and the
// secret is rotated.
func showRotation(ctx context.Context, app caller, out io.Writer) error {
	now := time.Now()
	name := "hello-rotation-" + now.UTC().Format("150405") // with -data, an older one may be in its grace period
	fmt.Fprintln(out, "\nRotation: this secret expires in a week, so the vault sends its near-expiry event at once:")
	body := fmt.Sprintf(`{"value":"the first value","attributes":{"exp":%d},"tags":{"Rotator":"random","ValidityPeriodDays":"90"}}`, now.AddDate(0, 0, 7).Unix())
	if err := (step{"set", http.MethodPut, "/secrets/" + name, body, http.StatusOK, tellVersion}).show(ctx, app, out); err != nil {
		return err
	}
	if err := awaitRotated(ctx, app, name); err != nil {
		return err
	}
	for _, step := range []step{
		{"status", http.MethodGet, "/secrets/" + name + "/rotation", "", http.StatusOK, func(a answer) string { return a.State + ", next due " + a.NextDue }},
		{"get", http.MethodGet, "/secrets/" + name, "", http.StatusOK, tellValue},
		{"get", http.MethodGet, "/secrets/" + name + "?stage=previous", "", http.StatusOK, tellValue},
	} {
		if err := step.show(ctx, app, out); err != nil {
			return err
		}
	}
	return nil
}

// awaitRotated polls until the rotation has ended.
func awaitRotated(ctx context.Context, app caller, name string) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	ask := step{method: http.MethodGet, path: "/secrets/" + name + "/rotation"}
	for {
		_, found, err := ask.take(ctx, app)
		if err != nil || found.State == "closed" {
			return err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return errors.Join(fmt.Errorf("%s is %q", name, found.State), ctx.Err())
		}
	}
}
