package rabbitmq

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/rotatortest"
	"rotunda/internal/secret"
)

// hostileResponses make a client allocate, recurse, panic or read without end.
var hostileResponses = []string{
	"", "\r\n", "SSH-2.0-x\r\n", "AMQP\x00\x00\x09\x01", "HTTP/1.1 200 OK\r\n\r\n", "HTTP/1.1 999 x\r\n\r\n",
	"HTTP/1.1 200 OK\r\nContent-Length: 9223372036854775807\r\n\r\n{", "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n{}",
	"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n",
	"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n",
	ok("null"), ok("[]"), ok("[{}]"), ok(`{"name":1}`), ok(`{"name":"` + strings.Repeat("n", 1000) + `"}`), ok(`{"tags":{}}`), ok(`{"tags":[[]]}`),
	ok(strings.Repeat("[", 60000)), ok(strings.Repeat(`{"a":`, 10000)), ok("[" + strings.Repeat("{},", 20000) + "{}]"), ok(`{"value":1e999}`),
	"HTTP/1.1 401 Unauthorized\r\nContent-Length: 4\r\n\r\nnull", "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 204 No Content\r\n\r\n",
}

func ok(body string) string {
	return fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
}

func TestARogueManagementAPICantHurt(t *testing.T) {
	for _, hostile := range hostileResponses {
		t.Run(fmt.Sprintf("%.40q", hostile), func(t *testing.T) {
			wantHarmless(t, func(conn net.Conn) { answer(conn, hostile) })
		})
	}
	for name, flood := range map[string][2]string{
		"a line":          {"", "a"},
		"a header":        {"HTTP/1.1 200 OK\r\nA: ", "a"},
		"headers":         {"HTTP/1.1 200 OK\r\n", "A: a\r\n"},
		"early responses": {"", "HTTP/1.1 103 Early Hints\r\n\r\n"},
		"a body":          {"HTTP/1.1 200 OK\r\n\r\n[", "{},"},
		"chunks":          {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "1\r\n[\r\n"},
		"responses":       {"", ok("{}")},
	} {
		t.Run("a flood of "+name, func(t *testing.T) {
			wantHarmless(t, func(conn net.Conn) {
				answer(conn, flood[0])
				rotatortest.Flood(conn, []byte(flood[1]))
			})
		})
	}
}

func answer(conn net.Conn, response string) {
	if request, err := http.ReadRequest(bufio.NewReader(conn)); err == nil {
		_ = request.Body.Close()
		_, _ = conn.Write([]byte(response))
	}
}

func rogueSubject(addr string) rotation.Subject {
	return rotation.Subject{
		Name: "orders-mq", Owner: vaultSecret, Address: "rabbitmq://" + addr + "?sslmode=disable", CredentialID: "orders",
		Current: secret.NewValue(`{"username":"orders_a","password":"` + oldPassword + `"}`), Admin: secret.NewValue(`{"username":"rotator","password":"canary-admin"}`),
	}
}

func wantHarmless(t *testing.T, serve func(net.Conn)) {
	t.Helper()
	s := rogueSubject(rotatortest.StartRogue(t, serve).Addr)
	s.Current = secret.NewValue(`{"username":"orders_a","password":"` + oldPassword + `"}`)
	rotatortest.WantBounded(t, Rotator{}, s)
}

// Only what RabbitMQ says of the login itself accepts or rejects one.
func TestOnlyRabbitMQsOwnWordsAreAVerdict(t *testing.T) {
	for response, want := range map[string]rotation.Verdict{
		ok(`{"name":"orders_a","tags":[]}`): rotation.Accepted,
		ok(`{"name":"guest","tags":[]}`):    rotation.Unknown,
		ok(`{}`):                            rotation.Unknown,
		refuse(401, `{"error":"not_authorized","reason":"Login failed"}`):        rotation.Rejected,
		refuse(401, `{"error":"not_authorized","reason":"Not_Authorized"}`):      rotation.Rejected,
		refuse(401, `{"error":"not_authorised","reason":"Not management user"}`): rotation.Accepted,
		refuse(403, `{"error":"not_authorised","reason":"Not management user"}`): rotation.Accepted,
		refuse(401, `{"error":"not_authorised","reason":"canary"}`):              rotation.Unknown,
		refuse(401, `{"error":"not_authorised","reason":"`+onlyLocalhost+`"}`):   rotation.Unknown,
		refuse(200, `{"error":"not_authorised","reason":"Not management user"}`): rotation.Unknown,
		refuse(500, `{"error":"not_authorized","reason":"Login failed"}`):        rotation.Unknown,
		refuse(403, `{"error":"not_authorized","reason":"Login failed"}`):        rotation.Unknown,
		refuse(401, "Unauthorized"):                                              rotation.Unknown,
		refuse(401, `{"error":"not_authorized","reason":"Login failed"} canary`): rotation.Unknown,
		refuse(302, ""): rotation.Unknown,
		refuse(503, ""): rotation.Unknown,
	} {
		s := rogueSubject(rotatortest.StartRogue(t, func(conn net.Conn) { answer(conn, response) }).Addr)
		rotatortest.WantVerdict(t, Rotator{}, s, s.Current.Reveal()+" ", want)
	}
}

func refuse(status int, body string) string {
	return fmt.Sprintf("HTTP/1.1 %d canary\r\nWWW-Authenticate: Basic realm=\"canary\"\r\nContent-Length: %d\r\n\r\n%s", status, len(body), body)
}

// A login is for one host: a redirect to another gets nothing.
func TestARedirectGetsNoRabbitMQLogin(t *testing.T) {
	elsewhere := rotatortest.StartRogue(t, func(conn net.Conn) { answer(conn, ok(`{"name":"orders_a","tags":[]}`)) })
	rogue := rotatortest.StartRogue(t, func(conn net.Conn) {
		answer(conn, "HTTP/1.1 307 x\r\nLocation: http://"+elsewhere.Addr+"/api/whoami\r\nContent-Length: 0\r\n\r\n")
	})
	s := rogueSubject(rogue.Addr)
	rotatortest.WantVerdict(t, Rotator{}, s, s.Current.Reveal(), rotation.Unknown)
	if heard := elsewhere.Heard(); heard != "" {
		t.Errorf("the other host got %q", heard)
	}
}

// A password never goes to a server whose certificate is not trusted, or without TLS.
func TestRabbitMQWithoutTrustGetsNoPassword(t *testing.T) {
	rogue := rotatortest.StartRogue(t, func(conn net.Conn) { answer(conn, refuse(400, "")) })
	s := rogueSubject(rogue.Addr)
	wantUnknown(t, s, "rabbitmq://"+rogue.Addr, "RabbitMQ")
	if heard := rogue.Heard(); strings.Contains(heard, "Authorization") || strings.Contains(heard, "HTTP") {
		t.Errorf("it got %q", heard)
	}
}

func TestLocatingRabbitMQEndsWithItsCaller(t *testing.T) {
	rotatortest.WantPatience(t, Rotator{}, func(rogue *rotatortest.Rogue) rotation.Subject { return rogueSubject(rogue.Addr) })
}

// Whatever a body says, it is read or refused, and what is refused is not quoted.
func FuzzBodies(f *testing.F) {
	for _, body := range []string{`{"name":"a","tags":"a,b"}`, `{"name":"a","tags":["a"]}`, `[{"vhost":"/"}]`, `[{"value":{"max-channels":1}}]`, "null", `{"error":"not_authorized"}`} {
		f.Add(200, []byte(body))
		f.Add(401, []byte(body))
	}
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		var one user
		var many []permission
		for _, out := range []any{&one, &many, nil} {
			if err := (server{}).fault("reading", read(status, body, out)); err != nil && len(err.Error()) > 400 {
				t.Errorf("%d %q: %v", status, body, err)
			}
		}
	})
}
