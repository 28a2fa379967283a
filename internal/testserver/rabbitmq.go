package testserver

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"

	amqp "github.com/rabbitmq/amqp091-go"

	"rotunda/internal/freeport"
)

var (
	rabbitMQServer = program{product: "RabbitMQ", install: "apt-get install rabbitmq-server", name: "rabbitmq-server"}
	portMapper     = program{product: "Erlang", install: "apt-get install erlang-base", name: "epmd"}
)

// debianRabbitMQ is the program itself; the one in the PATH is a script that runs it as the user
// rabbitmq only.
const debianRabbitMQ = "/usr/lib/rabbitmq/bin/rabbitmq-server"

// RabbitMQ is a RabbitMQ server with its management API, on Addr without TLS.
type RabbitMQ struct {
	server
	Admin, AdminPassword string
	AMQP                 string // host:port of AMQP, without TLS
	TLSAddr, Roots       string // host:port of the management API with TLS, and the authority's file

	mapper server // tells Erlang's nodes their ports
}

var sharedRabbitMQ *RabbitMQ

// SharedRabbitMQ returns the server that all tests of a package share: see Main.
func SharedRabbitMQ(t testing.TB) *RabbitMQ {
	t.Helper()
	return once(t, &sharedRabbitMQ, func(t testing.TB, until lifetime) *RabbitMQ { return startRabbitMQ(t, until) })
}

// StartRabbitMQ starts a server that ends with the test.
func StartRabbitMQ(t testing.TB) *RabbitMQ {
	t.Helper()
	return startRabbitMQ(t, t)
}

func startRabbitMQ(t testing.TB, until lifetime) *RabbitMQ {
	t.Helper()
	path := debianRabbitMQ
	if _, err := os.Stat(path); err != nil {
		path = rabbitMQServer.path(t)
	}
	r := &RabbitMQ{Admin: "admin", AdminPassword: randomPassword()}
	r.startMapper(t, until)
	r.open(t, until)
	r.ready, r.quit, r.command = r.answers, syscall.SIGTERM, []string{path}
	r.configure(t, until)
	r.Start(t)
	return r
}

func (r *RabbitMQ) startMapper(t testing.TB, until lifetime) {
	t.Helper()
	m := &r.mapper
	path := portMapper.path(t)
	m.open(t, until)
	m.command, m.quit = []string{path, "-port", strconv.Itoa(m.port), "-address", "127.0.0.1"}, syscall.SIGTERM
	m.ready = func(ctx context.Context) error {
		conn, err := new(net.Dialer).DialContext(ctx, "tcp", m.Addr)
		if err == nil {
			err = conn.Close()
		}
		return err
	}
	m.Start(t)
}

// configure writes the server's files. RABBITMQ_ALLOW_INPUT has the script replaced by the server,
// so that signals reach it, and not started as its child.
func (r *RabbitMQ) configure(t testing.TB, until lifetime) {
	t.Helper()
	amqp, secure, distribution := reserve(t, until), reserve(t, until), reserve(t, until)
	r.AMQP, r.TLSAddr = "127.0.0.1:"+amqp, "localhost:"+secure
	certificate := r.certify(t, "localhost")
	r.Roots = certificate.roots
	settings := []string{
		"listeners.tcp.default = " + r.AMQP, "management.tcp.ip = 127.0.0.1", "management.tcp.port = " + strconv.Itoa(r.port),
		"management.ssl.ip = 127.0.0.1", "management.ssl.port = " + secure, "management.ssl.certfile = " + certificate.chain, "management.ssl.keyfile = " + certificate.key,
		"default_user = " + r.Admin, "default_pass = " + r.AdminPassword, "loopback_users = none", "log.console = true", "log.console.level = info", "log.file = false",
	}
	r.env = []string{
		"ERL_EPMD_PORT=" + strconv.Itoa(r.mapper.port), "RABBITMQ_NODENAME=rotunda-" + amqp + "@localhost", "RABBITMQ_DIST_PORT=" + distribution,
		"RABBITMQ_CONFIG_FILE=" + r.write(t, "rabbitmq.conf", strings.Join(settings, "\n")+"\n"),
		"RABBITMQ_ENABLED_PLUGINS_FILE=" + r.write(t, "enabled_plugins", "[rabbitmq_management].\n"),
		"RABBITMQ_MNESIA_BASE=" + r.path("mnesia"), "RABBITMQ_LOG_BASE=" + r.path("logs"), "RABBITMQ_CONF_ENV_FILE=" + r.path("none"),
		"RABBITMQ_ALLOW_INPUT=1", "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS=-noinput +S 1:1 +sbwt none",
	}
}

// reserve returns a port that is free until the lifetime ends.
func reserve(t testing.TB, until lifetime) string {
	t.Helper()
	port, release, err := freeport.Reserve()
	if err != nil {
		t.Fatal(err)
	}
	until.Cleanup(release)
	return strconv.Itoa(port)
}

// answers returns nil if the admin can log in.
func (r *RabbitMQ) answers(ctx context.Context) error {
	_, err := r.call(ctx, http.MethodGet, "whoami", "")
	return err
}

// API makes a request to the management API as the admin, which must succeed, and returns the
// response's body.
func (r *RabbitMQ) API(t testing.TB, method, path, body string) string {
	t.Helper()
	text, err := r.call(context.Background(), method, path, body)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// Dial logs in over AMQP with a URL, as applications do.
func (r *RabbitMQ) Dial(address string) error {
	conn, err := amqp.Dial(address)
	if err != nil {
		return err
	}
	return conn.Close()
}

func (r *RabbitMQ) call(ctx context.Context, method, path, body string) (string, error) {
	request, err := http.NewRequestWithContext(ctx, method, "http://"+r.Addr+"/api/"+path, bytes.NewReader([]byte(body)))
	if err != nil {
		return "", err
	}
	request.SetBasicAuth(r.Admin, r.AdminPassword)
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return "", err
	}
	defer func() { _ = response.Body.Close() }() // it was only read
	text, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode >= http.StatusMultipleChoices {
		err = fmt.Errorf("%s %s: %s\n%s", method, path, response.Status, text)
	}
	return string(text), err
}
