package functions_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"rotunda/internal/testserver"
	"rotunda/internal/wiretest"
)

// Two rotations of a login of RabbitMQ, from the owner's to both that take turns. The old one is
// refused by the server, and one request ends every older one.
func TestARabbitMQLoginRotates(t *testing.T) {
	server := testserver.StartRabbitMQ(t)
	server.API(t, http.MethodPut, "users/app", `{"password":"`+firstPassword+`","tags":[]}`)
	server.API(t, http.MethodPut, "permissions/%2F/app", `{"configure":"","write":".*","read":".*"}`)
	app := wiretest.Start(t, wiretest.Options{})
	address := "rabbitmq://" + server.Addr + "?sslmode=disable"
	setTagged(t, app, "mq-admin", fmt.Sprintf(`{"username":%q,"password":%q}`, server.Admin, server.AdminPassword), map[string]string{"AdminFor": "rabbitmq://" + server.Addr})
	tags := map[string]string{"ProviderAddress": address, "CredentialId": "app", "AdminSecret": "mq-admin", "ValidityPeriodDays": "60"}
	value := "amqp://app:" + firstPassword + "@" + server.AMQP + "/%2F"
	setTagged(t, app, "mq", value, tags)
	must(t, app, "/secrets/mq/rotate?dryRun=true", http.StatusOK, `"ready":true`)
	must(t, app, "/secrets/mq/rotate?wait=true", http.StatusOK, `"retiring"`)
	old := value
	if value = valueOf(t, app, "mq"); !strings.HasPrefix(value, "amqp://app_a:") {
		t.Error("the user is not app_a")
	}
	wantRabbitMQLogins(t, server, map[string]bool{old: true, value: true})
	must(t, app, "/secrets/mq/rotation/retire", http.StatusOK, `"closed"`)
	wantRabbitMQLogins(t, server, map[string]bool{old: false, value: true})
	must(t, app, "/secrets/mq/rotate?retire=now&wait=true", http.StatusOK, `"closed"`)
	wantRabbitMQLogins(t, server, map[string]bool{value: false, valueOf(t, app, "mq"): true})

	// Another secret for the same login, by another address, is refused before anything is changed.
	tags["ProviderAddress"] = strings.Replace(address, "127.0.0.1", "localhost", 1)
	setTagged(t, app, "mq-admin", valueOf(t, app, "mq-admin"), map[string]string{"AdminFor": "rabbitmq://" + server.Addr + ",rabbitmq://" + onLocalhost(server.Addr)})
	setTagged(t, app, "mq-two", valueOf(t, app, "mq"), tags)
	must(t, app, "/secrets/mq-two/rotate?dryRun=true", http.StatusOK, "belongs to another secret (contoso.vault.azure.net/mq)")
	if log := server.Log(); strings.Contains(log, firstPassword) {
		t.Error("a password is in the server's log")
	}
}

// wantRabbitMQLogins logs in with values over AMQP, as applications do.
func wantRabbitMQLogins(t *testing.T, server *testserver.RabbitMQ, values map[string]bool) {
	t.Helper()
	for value, accepted := range values {
		if err := server.Dial(value); (err == nil) != accepted {
			user, _, _ := strings.Cut(strings.TrimPrefix(value, "amqp://"), ":")
			t.Errorf("%s: %v", user, err)
		}
	}
}

// A handler that is killed before or after any change of the server's users goes on with the same
// login, and what readers have logs in all the time.
func TestARabbitMQRotationGoesOnAfterAKill(t *testing.T) {
	server := testserver.StartRabbitMQ(t)
	for _, at := range []int64{1, 2, 3, 4} { // the user is created, permitted, given its password, and the owner's is retired
		t.Run(fmt.Sprint("change ", at), func(t *testing.T) { killAtChange(t, server, at) })
	}
}

func killAtChange(t *testing.T, server *testserver.RabbitMQ, at int64) {
	app := wiretest.Start(t, wiretest.Options{})
	killer := &killer{server: server.Addr, kill: app.Host.KillHandler, at: at}
	proxy := httptest.NewServer(killer)
	t.Cleanup(proxy.Close)
	addr, owner := strings.TrimPrefix(proxy.URL, "http://"), fmt.Sprint("app", at)
	server.API(t, http.MethodPut, "users/"+owner, `{"password":"`+firstPassword+`","tags":[]}`)
	server.API(t, http.MethodPut, "permissions/%2F/"+owner, `{"configure":"","write":".*","read":".*"}`)
	setTagged(t, app, "mq-admin", fmt.Sprintf(`{"username":%q,"password":%q}`, server.Admin, server.AdminPassword), map[string]string{"AdminFor": "rabbitmq://" + addr})
	setTagged(t, app, "mq", "amqp://"+owner+":"+firstPassword+"@"+server.AMQP+"/%2F", map[string]string{
		"ProviderAddress": "rabbitmq://" + addr + "?sslmode=disable", "CredentialId": owner, "AdminSecret": "mq-admin", "ValidityPeriodDays": "60",
	})
	old := valueOf(t, app, "mq")
	for tries := 1; !finished(t, app, "/secrets/mq/rotate?retire=now&wait=true"); tries++ {
		wantRabbitMQLogins(t, server, map[string]bool{valueOf(t, app, "mq"): true})
		if tries > 20 {
			t.Fatal("the rotation does not end")
		}
	}
	if !killer.hit.Load() {
		t.Error("nothing was killed")
	}
	wantRabbitMQLogins(t, server, map[string]bool{old: false, valueOf(t, app, "mq"): true})
}

// finished starts or continues a rotation and reports whether it has closed.
func finished(t *testing.T, app *wiretest.App, path string) bool {
	t.Helper()
	got, err := app.Try(http.MethodPost, path, "")
	if err == nil && got.Status != http.StatusOK && got.Status != http.StatusInternalServerError {
		t.Logf("%v", got)
	}
	return err == nil && got.Status == http.StatusOK && strings.Contains(got.Body, `"closed"`)
}

// killer is a proxy that kills the handler at a change of a server: before an odd one reaches the
// server, and after an even one did.
type killer struct {
	server  string
	kill    func() error
	at      int64
	changes atomic.Int64
	hit     atomic.Bool
}

func (k *killer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	proxy := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: k.server})
	strikes := r.Method != http.MethodGet && k.changes.Add(1) == k.at
	if strikes && k.at%2 == 1 {
		k.strike()
	}
	proxy.ServeHTTP(w, r)
	if strikes {
		k.strike()
	}
}

func (k *killer) strike() {
	k.hit.Store(true)
	_ = k.kill() // the test sees whether the rotation went on
	panic(http.ErrAbortHandler)
}
