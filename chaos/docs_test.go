package chaos_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"rotunda/internal/testserver"
	"rotunda/internal/wiretest"
)

// TestPostgresAsDocumented follows docs/rotators.md for PostgreSQL: an owner, an administrator, a
// secret with tags; an application that reads its secret through the app, with caching; rotations
// on demand, as soon as possible.
func TestPostgresAsDocumented(t *testing.T) {
	t.Parallel()
	server := quietPostgres(t)
	appPassword, adminPassword := canary(), canary()
	unlogged(t, server,
		"CREATE ROLE shop LOGIN PASSWORD '"+appPassword+"'",
		"CREATE ROLE rotunda LOGIN CREATEROLE PASSWORD '"+adminPassword+"'",
		"GRANT shop TO rotunda WITH ADMIN OPTION",
		"CREATE DATABASE shop OWNER shop",
	)
	// A reader may get a cached value that is as old as SECRET_CACHE_TTL, which the grace period
	// must exceed.
	app := wiretest.Start(t, wiretest.Options{Env: []string{
		"SECRET_CACHE_TTL=1s", "SECRET_CACHE_MAX_STALE=0", "ROTATION_GRACE=2500ms", "ROTATION_COOLDOWN=5100ms",
		"AzureFunctionsJobHost__functionTimeout=00:00:05", "ROTATION_CA_FOLDER=" + filepath.Dir(server.Roots),
		"ROTATION_PROVIDER_HOSTS=postgres://" + server.Addr,
	}})
	put(t, app, "shop-db-admin", loginJSON("rotunda", adminPassword), consent("postgres://"+server.Addr))
	put(t, app, "shop-db", shopURL(server, appPassword), map[string]string{
		"ProviderAddress":    "postgres://" + server.Addr + "/shop?sslmode=verify-full&sslrootcert=roots.pem",
		"CredentialId":       "shop",
		"AdminSecret":        "shop-db-admin",
		"ValidityPeriodDays": "60",
	})
	plan := app.Do(t, http.MethodPost, "/secrets/shop-db/rotate?dryRun=true", "")
	var planned struct{ Ready bool }
	if err := json.Unmarshal([]byte(plan.Body), &planned); err != nil || !planned.Ready {
		t.Fatalf("the plan: %s", plan)
	}
	ctx, stop := context.WithCancel(t.Context())
	var logins atomic.Int64
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for every(ctx, 10*time.Millisecond) {
			if err := psql(ctx, app); err != nil && ctx.Err() == nil {
				t.Errorf("login %d: %v", logins.Load(), err)
			}
			logins.Add(1)
		}
	}()
	const rotations = 3
	seen := map[string]bool{}
	for range rotations {
		rotateOnDemand(t, app)
		seen[app.Do(t, http.MethodGet, "/secrets/shop-db", "", "Accept: text/plain", "Cache-Control: no-cache").Body] = true
	}
	stop()
	<-ended
	if len(seen) != rotations || logins.Load() < rotations {
		t.Errorf("%d values and %d logins", len(seen), logins.Load())
	}
	t.Logf("%d rotations, %d logins", rotations, logins.Load())
}

func shopURL(server *testserver.Postgres, password string) string {
	value := url.URL{Scheme: "postgres", User: url.UserPassword("shop", password), Host: server.Addr, Path: "/shop", RawQuery: "sslmode=disable"}
	return value.String()
}

func put(t *testing.T, app *wiretest.App, name, value string, tags map[string]string) {
	t.Helper()
	body, err := json.Marshal(map[string]any{"value": value, "tags": tags})
	if err != nil {
		t.Fatal(err)
	}
	if got := app.Do(t, http.MethodPut, "/secrets/"+name, string(body)); got.Status != http.StatusOK {
		t.Fatal(got.Status)
	}
}

// psql does psql "$(curl -H 'Accept: text/plain' .../api/secrets/shop-db)". On a busy machine the
// grace period of a cached value may end before a login that fails: it says nothing.
func psql(ctx context.Context, app *wiretest.App) error {
	const left = time.Second // of the grace period, less what the cache may have used up of it
	began := time.Now()
	got, err := app.Try(http.MethodGet, "/secrets/shop-db", "", "Accept: text/plain")
	if err != nil {
		return err
	}
	if _, err = postgresLogin(ctx, got.Body); time.Since(began) > left {
		return nil
	}
	return err
}

// rotateOnDemand retries until the previous rotation is over, with its grace period and the
// cooldown.
func rotateOnDemand(t *testing.T, app *wiretest.App) {
	t.Helper()
	before := app.Do(t, http.MethodGet, "/secrets/shop-db", "", "Accept: text/plain", "Cache-Control: no-cache").Body
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	defer cancel()
	for every(ctx, 100*time.Millisecond) {
		got := app.Do(t, http.MethodPost, "/secrets/shop-db/rotate?wait=true", "")
		busy := got.Status == http.StatusAccepted || got.Status == http.StatusInternalServerError && got.Body == "" // or the host's own time was over
		if got.Status != http.StatusOK && got.Status != http.StatusConflict && !busy {
			t.Fatalf("rotate: %s", got)
		}
		// the first call after the grace period retires the previous credential; the next one
		// rotates
		if now := app.Do(t, http.MethodGet, "/secrets/shop-db", "", "Accept: text/plain", "Cache-Control: no-cache"); now.Body != before {
			return
		}
	}
	t.Fatal("no rotation within ten minutes")
}
