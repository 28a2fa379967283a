package bench_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azsecrets"

	"rotunda/internal/standin/host"
	"rotunda/internal/standin/keyvault"
	"rotunda/internal/testserver"
	"rotunda/internal/wiretest"
)

const (
	dueRandom   = 300
	dueOfServer = 100 // for each of two servers
	dueVault    = 20 * time.Millisecond
	dueMessages = "rotunda-due-secrets"
	tomorrow    = 24 * time.Hour
	// duePatience is longer than the queue's pause before a message is delivered again.
	duePatience = 5 * time.Minute
)

// dueSecrets measures 500 rotations that are due at once, from the sweep to the last close. The
// floor is the vault's own time for their calls, at as many at a time as the queue delivers.
func dueSecrets(t *testing.T) []row {
	app := wiretest.Start(t, wiretest.Options{Env: plenty, Unchecked: true})
	vault := directly(t, app)
	seedDue(t, vault)
	setLatency(t, app, dueVault)
	app.Azure.Vault().ResetCounts()
	began := time.Now()
	result, err := app.Host.Invoke(t.Context(), "sweep", host.Timer())
	if want := fmt.Sprintf("[secrets whose rotation needs work: %d]", dueRandom+2*dueOfServer); err != nil || fmt.Sprint(result.Logs) != want {
		t.Fatalf("the sweep: %v %v", result, err)
	}
	for len(app.Queues.Texts(dueMessages)) > 0 {
		if time.Since(began) > duePatience {
			t.Fatalf("%d messages are left", len(app.Queues.Texts(dueMessages)))
		}
		time.Sleep(10 * time.Millisecond) // between two looks
	}
	wall, calls := time.Since(began), int64(0)
	for _, n := range app.Azure.Vault().Counts().Calls {
		calls += n
	}
	setLatency(t, app, 0)
	wantRotated(t, vault)
	batch := queueBatch(t)
	floor := time.Duration(calls) * dueVault / time.Duration(batch)
	return []row{{
		"22", fmt.Sprintf("%d due secrets (%d random, %d PostgreSQL, %d MariaDB), 20 ms vault: sweep to last close ÷ (vault calls × 20 ms ÷ %d)", dueRandom+2*dueOfServer, dueRandom, dueOfServer, dueOfServer, batch),
		fmt.Sprintf("%.1f s (%d calls)", floor.Seconds(), calls), fmt.Sprintf("%.1f s", wall.Seconds()), float64(wall) / float64(floor), true, 1.5, true,
	}}
}

// queueBatch returns how many messages the host fetches from a queue at once.
func queueBatch(t *testing.T) int {
	t.Helper()
	loaded, err := host.Load(wiretest.AppRoot(t))
	if err != nil {
		t.Fatal(err)
	}
	return loaded.Config.Queues.BatchSize
}

// directly returns a client of the app's vault.
func directly(t *testing.T, app *wiretest.App) *azsecrets.Client {
	t.Helper()
	token, err := app.Azure.Identity().Token(keyvault.Resource)
	if err != nil {
		t.Fatal(err)
	}
	return sdkClient(t, vaultClient(t, app.Azure), token)
}

// dueSecret is a secret to be rotated.
type dueSecret struct {
	name, value string
	tags        map[string]string
}

func seedDue(t *testing.T, vault *azsecrets.Client) {
	t.Helper()
	var all []dueSecret
	for i := range dueRandom {
		all = append(all, dueSecret{fmt.Sprintf("random-%d", i), "canary-r", map[string]string{"Rotator": "random"}})
	}
	all = append(append(all, duePostgres(t, vault)...), dueMariaDB(t, vault)...)
	if _, err := together(16, func(caller int) error {
		for i := caller; i < len(all); i += 16 {
			all[i].tags["ValidityPeriodDays"] = "60"
			if err := setDirectly(t, vault, all[i].name, all[i].value, all[i].tags, tomorrow); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

// duePostgres returns secrets of class A, the default.
func duePostgres(t *testing.T, vault *azsecrets.Client) (all []dueSecret) {
	t.Helper()
	server := testserver.StartPostgres(t, testserver.PostgresOptions{Settings: map[string]string{"max_connections": "200", "log_statement": "none", "log_min_duration_statement": "-1"}})
	create := []string{"CREATE ROLE keeper LOGIN CREATEROLE PASSWORD 'canary-keeper'"}
	for i := range dueOfServer {
		create = append(create, fmt.Sprintf("CREATE ROLE p%d LOGIN PASSWORD 'canary-p'", i))
		login := url.URL{Scheme: "postgres", User: url.UserPassword(fmt.Sprint("p", i), "canary-p"), Host: server.Addr, Path: "/postgres"}
		all = append(all, dueSecret{fmt.Sprintf("postgres-%d", i), login.String(), map[string]string{
			"ProviderAddress": "postgres://" + server.Addr + "/postgres?sslmode=disable", "CredentialId": fmt.Sprint("p", i), "AdminSecret": "postgres-admin",
		}})
	}
	server.Exec(t, strings.Join(create, ";"))
	seedAdmin(t, vault, "postgres", server.Addr)
	return all
}

// dueMariaDB returns secrets of class O, the default.
func dueMariaDB(t *testing.T, vault *azsecrets.Client) (all []dueSecret) {
	t.Helper()
	server := testserver.StartMariaDB(t, "max-connections=200")
	server.Exec(t, "CREATE USER keeper IDENTIFIED BY 'canary-keeper'", "GRANT CREATE USER ON *.* TO keeper", "GRANT SELECT ON mysql.global_priv TO keeper")
	for i := range dueOfServer {
		server.Exec(t, fmt.Sprintf("CREATE USER m%d IDENTIFIED BY 'canary-m'", i))
		all = append(all, dueSecret{fmt.Sprintf("mariadb-%d", i), fmt.Sprintf(`{"username":"m%d","password":"canary-m"}`, i), map[string]string{
			"ProviderAddress": "mariadb://" + server.Addr + "?sslmode=disable", "AdminSecret": "mariadb-admin",
		}})
	}
	seedAdmin(t, vault, "mariadb", server.Addr)
	return all
}

func seedAdmin(t *testing.T, vault *azsecrets.Client, scheme, address string) {
	t.Helper()
	value := `{"username":"keeper","password":"canary-keeper"}`
	if err := setDirectly(t, vault, scheme+"-admin", value, map[string]string{"AdminFor": scheme + "://" + address}, 0); err != nil {
		t.Fatal(err)
	}
}

// wantRotated checks that every secret has a new version whose rotation is at its end.
func wantRotated(t *testing.T, vault *azsecrets.Client) {
	t.Helper()
	ends := map[string]int{}
	for pages := vault.NewListSecretPropertiesPager(nil); pages.More(); {
		page, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, entry := range page.Value {
			if state := entry.Tags["rot-state"]; state != nil {
				ends[*state]++
			}
		}
	}
	if ends["closed"] != dueRandom || ends["retiring"] != 2*dueOfServer || len(ends) != 2 {
		t.Fatalf("the rotations ended as %v", ends)
	}
}
