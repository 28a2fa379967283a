package bench_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"rotunda/internal/standin/keyvault"
	"rotunda/internal/testserver"
	"rotunda/internal/wiretest"
)

const exposureRounds = 15

// exposures measures how long new logins fail while a login of class S is rotated: from the
// server's commit to the new version in the vault, by their own clocks. The floor is a change of a
// password over a new connection, and two calls to the vault, by bare clients.
func exposures(t *testing.T) []row {
	e := startExposure(t)
	var floors, ours, ratios, reported []float64
	for i := range exposureRounds {
		floor := e.bare(t, i)
		seen, said := e.rotate(t, i)
		floors, ours, ratios, reported = append(floors, floor), append(ours, seen), append(ratios, seen/floor), append(reported, said)
	}
	ms := func(all []float64) string { return fmt.Sprintf("%.1f ms", medianOf(all)) }
	return []row{
		{"23", "class S, 20 ms vault: exposure ÷ (change of a password + 2 vault calls)", ms(floors), ms(ours), medianOf(ratios), true, 1.3, true},
		{"–", "class S: exposure as reported ÷ as seen", ms(ours), ms(reported), medianOf(reported) / medianOf(ours), true, math.Inf(1), true},
	}
}

// exposure is an app with logins of class S at a server that notes the time of each commit.
type exposure struct {
	app    *wiretest.App
	server *testserver.Postgres
	client *http.Client // of the vault
	token  string

	mu      sync.Mutex
	created map[string]time.Time // of each secret's latest version
}

func startExposure(t *testing.T) *exposure {
	t.Helper()
	e := &exposure{app: wiretest.Start(t, wiretest.Options{Env: []string{"KEY_VAULT_CALLS_PER_SECOND=1000000", "SECRET_CACHE_TTL=0"}, Unchecked: true}), created: map[string]time.Time{}}
	e.server = testserver.StartPostgres(t, testserver.PostgresOptions{Settings: map[string]string{
		"track_commit_timestamp": "on", "log_statement": "none", "log_min_duration_statement": "-1",
	}})
	var err error
	if e.token, err = e.app.Azure.Identity().Token(keyvault.Resource); err != nil {
		t.Fatal(err)
	}
	e.client = vaultClient(t, e.app.Azure)
	t.Cleanup(e.app.Azure.Vault().Subscribe(func(_ context.Context, event keyvault.Event) {
		e.mu.Lock()
		defer e.mu.Unlock()
		e.created[event.Name] = event.Time
	}))
	var create []string
	for i := range exposureRounds {
		create = append(create, fmt.Sprintf("CREATE ROLE s%d LOGIN PASSWORD 'canary-s'; CREATE ROLE bare%d LOGIN PASSWORD 'canary-s'", i, i))
		e.seed(t, i)
	}
	e.server.Exec(t, strings.Join(create, ";"))
	setLatency(t, e.app, dueVault)
	return e
}

func (e *exposure) seed(t *testing.T, i int) {
	t.Helper()
	login := url.URL{Scheme: "postgres", User: url.UserPassword(fmt.Sprint("s", i), "canary-s"), Host: e.server.Addr, Path: "/postgres"}
	body, _ := json.Marshal(map[string]any{"value": login.String(), "tags": map[string]string{
		"ProviderAddress": "postgres://" + e.server.Addr + "/postgres?sslmode=disable", "RotationClass": "S", "ValidityPeriodDays": "60",
	}})
	for _, name := range []string{"s-", "bare-"} {
		if got := e.app.Do(t, http.MethodPut, fmt.Sprint("/secrets/", name, i), string(body)); got.Status != http.StatusOK {
			t.Fatal(got)
		}
	}
}

// bare changes a login's password and then reads and sets a secret. It returns how long that took
// in milliseconds.
func (e *exposure) bare(t *testing.T, i int) float64 {
	t.Helper()
	secret := fmt.Sprintf("https://contoso.vault.azure.net/secrets/bare-%d?api-version=2026-04-01", i)
	return timed(t, func(int) error {
		if err := e.changePassword(t, fmt.Sprint("bare", i)); err != nil {
			return err
		}
		if err := get(e.client, secret, "Authorization: Bearer "+e.token); err != nil {
			return err
		}
		return e.put(secret)
	})
}

func (e *exposure) changePassword(t *testing.T, user string) error {
	conn, err := pgconn.Connect(t.Context(), fmt.Sprintf("postgres://%s:canary-s@%s/postgres?sslmode=disable", user, e.server.Addr))
	if err != nil {
		return err
	}
	// a verifier is text to the server, as ours is
	const verifier = "SCRAM-SHA-256$4096:AAAAAAAAAAAAAAAAAAAAAA==$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
	if _, err := conn.Exec(t.Context(), "ALTER ROLE "+user+" PASSWORD '"+verifier+"'").ReadAll(); err != nil {
		return err
	}
	return conn.Close(t.Context())
}

func (e *exposure) put(secret string) error {
	request, err := http.NewRequest(http.MethodPut, secret, strings.NewReader(`{"value":"canary-bare"}`))
	if err != nil {
		return err
	}
	request.Header.Set("Authorization", "Bearer "+e.token)
	request.Header.Set("Content-Type", "application/json")
	response, err := e.client.Do(request)
	if err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", secret, response.Status)
	}
	_ = response.Body.Close()
	return err
}

// rotate rotates a secret. It returns the exposure as the server's and the vault's clocks have it,
// and as the record has it, in milliseconds.
func (e *exposure) rotate(t *testing.T, i int) (seen, reported float64) {
	t.Helper()
	name := fmt.Sprint("s-", i)
	got := e.app.Do(t, http.MethodPost, "/secrets/"+name+"/rotate?wait=true", "")
	var status struct {
		State    string
		Exposure float64 `json:"exposureMilliseconds"`
	}
	if err := json.Unmarshal([]byte(got.Body), &status); err != nil || status.State != "closed" {
		t.Fatal(got)
	}
	rows := e.server.Exec(t, fmt.Sprintf("SELECT extract(epoch FROM pg_xact_commit_timestamp(xmin)) FROM pg_authid WHERE rolname = 's%d'", i))
	seconds, err := strconv.ParseFloat(rows[0][0], 64)
	if err != nil {
		t.Fatal(err)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	return float64(e.created[name].UnixMicro())/1e3 - seconds*1e3, status.Exposure
}
