package bench_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"testing"
	"time"

	"rotunda/internal/secret"
	"rotunda/internal/standin/keyvault"
	"rotunda/internal/vault"
	"rotunda/internal/wiretest"
)

const sweepSecrets = 10_000

// sweeps lists 10,000 secrets with five tags, page by page, and compares that with bare requests
// that read only nextLink.
func sweeps(t *testing.T) []row {
	app := wiretest.Start(t, wiretest.Options{Env: plenty, Unchecked: true})
	if _, err := together(32, func(caller int) error {
		for i := caller; i < sweepSecrets; i += 32 {
			answer, err := app.Try(http.MethodPut, fmt.Sprintf("/secrets/s-%d", i), `{"value":"canary-s","tags":{"a":"1","b":"2","c":"3","d":"4","e":"5"}}`)
			if err != nil || answer.Status != http.StatusOK {
				return fmt.Errorf("%v %w", answer, err)
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	token, err := app.Azure.Identity().Token(keyvault.Resource)
	if err != nil {
		t.Fatal(err)
	}
	client := vaultClient(t, app.Azure)
	ours, err := vault.New(vault.Options{URL: "https://contoso.vault.azure.net", Credential: fixedToken(token), Transport: client})
	if err != nil {
		t.Fatal(err)
	}
	var rows []row
	for latency, limit := range map[time.Duration]float64{5 * time.Millisecond: 1.20, 20 * time.Millisecond: 1.08} {
		setLatency(t, app, latency)
		var floors, walls, ratios []float64
		var kept float64
		for range 3 {
			floor := bareSweep(t, client, token)
			wall, growth := sweep(t, ours)
			floors, walls, ratios, kept = append(floors, floor), append(walls, wall), append(ratios, wall/floor), max(kept, growth)
		}
		rows = append(rows,
			row{"15", fmt.Sprintf("sweep of 10,000 at %s ÷ bare requests", latency), fmt.Sprintf("%.0f ms", medianOf(floors)), fmt.Sprintf("%.0f ms", medianOf(walls)), medianOf(ratios), true, limit, true},
			row{"15", fmt.Sprintf("sweep at %s: live heap growth, MB", latency), "0", fmt.Sprintf("%.2f MB", kept), kept, true, 1, false})
	}
	return rows
}

func bareSweep(t *testing.T, client *http.Client, token string) float64 {
	t.Helper()
	started := time.Now()
	for link := "https://contoso.vault.azure.net/secrets?api-version=2026-04-01"; link != ""; {
		request, err := http.NewRequest(http.MethodGet, link, nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Authorization", "Bearer "+token)
		response, err := client.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(response.Body)
		_ = response.Body.Close()
		var page struct{ NextLink string }
		if err != nil || json.Unmarshal(body, &page) != nil {
			t.Fatalf("%s: %v", body, err)
		}
		link = page.NextLink
	}
	return milliseconds(time.Since(started))
}

func sweep(t *testing.T, v *vault.Vault) (wall, megabytes float64) {
	t.Helper()
	before, started, found := liveHeap(), time.Now(), 0
	query := secret.Query{}
	for {
		page, err := v.List(t.Context(), query)
		if err != nil {
			t.Fatal(err)
		}
		found += len(page.Secrets)
		if query.Next = page.Next; page.Next == "" {
			break
		}
	}
	wall = milliseconds(time.Since(started))
	if found != sweepSecrets {
		t.Fatalf("the sweep found %d secrets", found)
	}
	return wall, max(0, liveHeap()-before) / 1e6
}

func liveHeap() float64 {
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return float64(stats.HeapAlloc)
}
