package chaos_test

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"testing"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"

	"rotunda/internal/testserver"
)

// rabbitMQFleets are of class A: two users take turns, as copies of an owner. Their readers log in
// as applications do, over AMQP.
func rabbitMQFleets(t *testing.T, v vault) []*fleet {
	t.Helper()
	server := testserver.StartRabbitMQ(t)
	user := func(name, password, tags string) string {
		body, err := json.Marshal(map[string]string{"password": password, "tags": tags})
		if err != nil {
			t.Fatal(err)
		}
		server.API(t, http.MethodPut, "users/"+name, string(body))
		return loginJSON(name, password)
	}
	v.set(t, adminSecret("rabbitmq"), user("keeper", canary(), "administrator"), consent("rabbitmq://"+server.Addr), nil)
	account := func(name, password string) string {
		value := user(name, password, "")
		server.API(t, http.MethodPut, "permissions/%2F/"+name, `{"configure":"^`+name+`","write":".*","read":".*"}`)
		return value
	}
	f := fleet{
		kind: "rabbitmq", class: "A", pace: 250 * time.Millisecond, serverLog: server.Log,
		login: func(ctx context.Context, value string) (bool, error) { return amqpLogin(ctx, server.AMQP, value) },
	}
	return []*fleet{newFleet(t, v, f, account, map[string]string{
		"ProviderAddress": "rabbitmq://" + server.Addr + "?sslmode=disable", "AdminSecret": adminSecret("rabbitmq"),
	})}
}

// amqpLogin logs in with a JSON value, opens a channel, and so shows that the user may use the
// virtual host.
func amqpLogin(ctx context.Context, address, value string) (rejected bool, err error) {
	user, password, err := readJSON(value)
	if err != nil {
		return false, err
	}
	conn, err := amqp.DialConfig("amqp://"+address+"/", amqp.Config{
		SASL: []amqp.Authentication{&amqp.PlainAuth{Username: user, Password: password}},
		Dial: func(network, address string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, address)
		},
	})
	if err != nil {
		return errors.Is(err, amqp.ErrCredentials), err
	}
	defer func() { _ = conn.Close() }()
	_, err = conn.Channel()
	return false, err
}
