package rabbitmq

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/rotatortest"
	"rotunda/internal/secret"
	"rotunda/internal/testserver"
)

const (
	oldPassword = "canary-old-1"
	newPassword = "canary-new-2"
	third       = "canary-third-3"
	vaultSecret = "contoso.vault.azure.net/orders-mq"
)

// application is an owner of its own in a server that all tests share.
type application struct {
	*testserver.RabbitMQ
	owner string
}

// newApplication creates a user with permissions in two virtual hosts.
func newApplication(t *testing.T) application {
	t.Helper()
	a := application{testserver.SharedRabbitMQ(t), strings.ReplaceAll(t.Name(), "/", "-")}
	a.set(t, "users/"+a.owner, `{"password":"`+oldPassword+`","tags":[]}`)
	a.set(t, "vhosts/"+a.owner, "")
	a.set(t, "permissions/%2F/"+a.owner, `{"configure":"^a","write":".*","read":"^b"}`)
	a.set(t, "permissions/"+a.owner+"/"+a.owner, `{"configure":".*","write":".*","read":".*"}`)
	a.set(t, "topic-permissions/%2F/"+a.owner, `{"exchange":"amq.topic","write":"^a","read":"^b"}`)
	a.set(t, "user-limits/"+a.owner+"/max-connections", `{"value":7}`)
	t.Cleanup(func() {
		for _, name := range []string{a.owner, a.owner + "_a", a.owner + "_b"} {
			a.forget(t, name)
		}
		a.API(t, http.MethodDelete, "vhosts/"+a.owner, "")
	})
	return a
}

// forget deletes a user, if there is one.
func (a application) forget(t *testing.T, name string) {
	t.Helper()
	if strings.Contains(a.API(t, http.MethodGet, "users", ""), fmt.Sprintf(`"name":%q`, name)) {
		a.API(t, http.MethodDelete, "users/"+name, "")
	}
}

func (a application) set(t *testing.T, path, body string) {
	t.Helper()
	a.API(t, http.MethodPut, path, body)
}

// subject returns the secret that rotates the application's login, whose current value is user's.
func (a application) subject(user string) rotation.Subject {
	return rotation.Subject{
		Name: "orders-mq", Owner: vaultSecret, Address: "rabbitmq://" + a.Addr + "?sslmode=disable", CredentialID: a.owner,
		Current: a.value(user, oldPassword), Admin: secret.NewValue(fmt.Sprintf(`{"username":%q,"password":%q}`, a.Admin, a.AdminPassword)),
	}
}

func (a application) value(user, password string) secret.Value {
	return secret.NewValue(fmt.Sprintf(`{"username":%q,"password":%q}`, user, password))
}

// login returns a value with the login of the pair's user a or b.
func (a application) login(which, password string) string {
	return a.value(a.owner+"_"+which, password).Reveal()
}

// canConnect reports whether a login may open a virtual host over AMQP, as applications do.
func (a application) canConnect(t *testing.T, user, password, vhost string) bool {
	t.Helper()
	address := url.URL{Scheme: "amqp", User: url.UserPassword(user, password), Host: a.AMQP}
	return a.Dial(address.String()+"/"+url.PathEscape(vhost)) == nil
}

// described is what a user has, without its name and password.
func (a application) described(t *testing.T, name string) string {
	t.Helper()
	var all []string
	for _, path := range []string{"users/" + name + "/permissions", "users/" + name + "/topic-permissions", "user-limits/" + name} {
		all = append(all, strings.ReplaceAll(a.API(t, http.MethodGet, path, ""), `"user":"`+name+`"`, ""))
	}
	return strings.Join(all, "\n")
}

func (a application) tags(t *testing.T, name string) string {
	t.Helper()
	var found user
	rotatortest.Must(t, json.Unmarshal([]byte(a.API(t, http.MethodGet, "users/"+name, "")), &found))
	return strings.Join(found.Tags, " ")
}
