package keyvault_test

import (
	"context"
	"fmt"
	"path/filepath"
	"sync"
	"testing"

	"golang.org/x/sync/errgroup"

	"rotunda/internal/standin/entra"
	"rotunda/internal/standin/keyvault"
)

// TestManyCallers runs all operations with callers that share one name and have names of their
// own, with windows open.
func TestManyCallers(t *testing.T) {
	t.Run("memory", func(t *testing.T) { manyCallers(t, 60, 5, "") })
	t.Run("disk", func(t *testing.T) { manyCallers(t, 10, 3, filepath.Join(t.TempDir(), "vaults.db")) })
}

func manyCallers(t *testing.T, callers, rounds int, file string) {
	v := start(t, keyvault.Options{DataFile: file})
	v.setFaults(t, keyvault.Faults{AfterDelete: 1, AfterRecover: 1, AfterPurge: 1})
	group, ctx := errgroup.WithContext(t.Context())
	for caller := range callers {
		group.Go(func() error {
			for round := range rounds {
				if err := v.live(ctx, fmt.Sprintf("own-%d-%d", caller, round)); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	if _, ids := v.pages(t, "/secrets/shared/versions"); len(ids) != callers*rounds {
		t.Errorf("the shared name has %d versions, want %d", len(ids), callers*rounds)
	}
	if _, ids := v.pages(t, "/secrets"); len(ids) != 1 {
		t.Errorf("%d secrets are left, want the shared one", len(ids))
	}
}

// live runs a secret's whole life, with the responses that it must get if nobody else uses its
// name.
func (s *standin) live(ctx context.Context, name string) error {
	for _, step := range []struct {
		method, path, body string
		status             int
	}{
		{"PUT", "/secrets/shared", `{"value":"v"}`, 200},
		{"PATCH", "/secrets/shared", `{"tags":{"by":"` + name + `"}}`, 200},
		{"GET", "/secrets/shared", "", 200},
		{"PUT", "/secrets/" + name, `{"value":"v"}`, 200},
		{"GET", "/secrets", "", 200},
		{"POST", "/secrets/" + name + "/backup", "", 200},
		{"DELETE", "/secrets/" + name, "", 200},
		{"GET", "/deletedsecrets/" + name, "", 404},
		{"GET", "/deletedsecrets/" + name, "", 200},
		{"POST", "/deletedsecrets/" + name + "/recover", "", 200},
		{"GET", "/secrets/" + name, "", 404},
		{"GET", "/secrets/" + name, "", 200},
		{"DELETE", "/secrets/" + name, "", 200},
		{"DELETE", "/deletedsecrets/" + name, "", 409},
		{"DELETE", "/deletedsecrets/" + name, "", 204},
		{"PUT", "/secrets/" + name, `{"value":"v"}`, 409},
		{"GET", "/secrets/" + name + "/versions", "", 200},
	} {
		got, err := s.try(ctx, step.method, step.path, step.body)
		if err != nil {
			return err
		}
		if got.status != step.status {
			return fmt.Errorf("%s %s: %d, want %d: %s", step.method, step.path, got.status, step.status, got.text)
		}
	}
	return nil
}

// TestPeakInFlight holds five requests at the check of their tokens until all of them have
// arrived.
func TestPeakInFlight(t *testing.T) {
	const callers = 5
	var all sync.WaitGroup
	all.Add(callers)
	v := start(t, keyvault.Options{Check: func(string) (entra.Claims, error) {
		all.Done()
		all.Wait()
		return entra.Claims{}, nil
	}})
	group, ctx := errgroup.WithContext(t.Context())
	for range callers {
		group.Go(func() error {
			_, err := v.try(ctx, "GET", "/secrets", "")
			return err
		})
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	if counts := v.Counts(); counts.PeakInFlight != callers || counts.Calls["list"] != callers {
		t.Errorf("counts %+v, want a peak of %d", counts, callers)
	}
}
