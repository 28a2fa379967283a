package postgres

import (
	"io"
	"math/rand/v2"
	"net"
	"strings"
	"sync/atomic"
	"testing"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/login"
	"rotunda/internal/rotators/rotatortest"
	"rotunda/internal/secret"
	"rotunda/internal/testserver"
)

// cutter stands before a server and breaks every connection once so many packets were sent to the
// server: before it has the last one, or before the client has the answer.
type cutter struct {
	addr, server string
	left         atomic.Int64
	forwards     bool // the last packet
}

func startCutter(t *testing.T, server string) *cutter {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	c := &cutter{addr: listener.Addr().String(), server: server}
	go func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			go c.serve(client)
		}
	}()
	return c
}

func (c *cutter) serve(client net.Conn) {
	defer func() { _ = client.Close() }()
	server, err := net.Dial("tcp", c.server)
	if err != nil {
		return
	}
	defer func() { _ = server.Close() }()
	answered := make(chan struct{})
	go func() {
		defer close(answered)
		_, _ = io.Copy(client, cutReader{c, server})
	}()
	buffer := make([]byte, 64<<10)
	for {
		n, err := client.Read(buffer)
		if err != nil {
			return
		}
		left := c.left.Add(-1)
		if left > 0 || left == 0 && c.forwards {
			_, _ = server.Write(buffer[:n])
		}
		if left == 0 && c.forwards { // the server does it, and nobody hears
			<-answered
		}
		if left <= 0 {
			return
		}
	}
}

// cutReader passes nothing on once the connection is to be cut.
type cutReader struct {
	c *cutter
	io.Reader
}

func (r cutReader) Read(p []byte) (int, error) {
	n, err := r.Reader.Read(p)
	if r.c.left.Load() <= 0 {
		return 0, io.EOF
	}
	return n, err
}

// cut calls do, with connections that break after the n-th packet, and reports whether they did.
func (c *cutter) cut(s rotation.Subject, n int64, do func(rotation.Subject) error) bool {
	c.left.Store(n)
	_, path, _ := strings.Cut(strings.TrimPrefix(s.Address, "postgres://"), "/")
	path, _, _ = strings.Cut(path, "?")
	s.Address = "postgres://" + c.addr + "/" + path + "?sslmode=disable"
	_ = do(s)
	return c.left.Load() <= 0
}

// Wherever a rotation of a pair without AdminSecret breaks off, it can be resumed or taken back:
// readers keep their login, and a retired value opens nothing.
func TestPostgresPairSurvivesCuts(t *testing.T) {
	server := testserver.SharedPostgresOf(t, "servers", "18")
	for _, forwards := range []bool{false, true} {
		c := startCutter(t, server.Addr)
		c.forwards = forwards
		survivesCuts(t, server, c)
	}
}

// A rotation sends at most mostPackets. One run cuts at each cutStep-th of them.
const (
	mostPackets = 60
	cutStep     = 6
)

func survivesCuts(t *testing.T, server *testserver.Postgres, c *cutter) {
	t.Helper()
	app, s := newAdministrators(t, server)
	boss := s.Current
	n := 1 + rand.Int64N(cutStep)
	for turn := 0; n <= mostPackets; n, turn = n+cutStep, turn+1 {
		t.Log("cut at packet", n)
		next := plan(t, s).Next
		cut := c.cut(s, n, func(s rotation.Subject) error { return Rotator{}.Apply(t.Context(), s, next, rotatortest.Unfenced) })
		probes(t, s, s.Current, rotation.Accepted)
		if turn%2 == 0 && cut { // given up
			c.cut(s, n, func(s rotation.Subject) error { return Rotator{}.Retire(t.Context(), s, next, rotatortest.Unfenced) })
			retire(t, s, next)
			probes(t, s, next, rotation.Rejected)
			probes(t, s, s.Current, rotation.Accepted)
			opensNothing(t, s, next)
			next = plan(t, s).Next
		}
		apply(t, s, next)
		probes(t, s, next, rotation.Accepted)
		old := s.Current
		s.Current = next
		c.cut(s, n, func(s rotation.Subject) error { return Rotator{}.Retire(t.Context(), s, old, rotatortest.Unfenced) })
		probes(t, s, s.Current, rotation.Accepted)
		retire(t, s, old)
		probes(t, s, old, rotation.Rejected)
		probes(t, s, s.Current, rotation.Accepted)
		opensNothing(t, s, old)
		if turn%3 == 0 { // the secret is set to the first login by hand
			app.Exec(t, "ALTER ROLE "+quoteIdentifier(userOf(boss))+" PASSWORD '"+verifierOf(t, canaryBoss)+"'")
			s.Current = boss
		}
	}
}

// opensNothing checks that whoever has an old value can't log in as either of the pair.
func opensNothing(t *testing.T, s rotation.Subject, old secret.Value) {
	t.Helper()
	found := targetOf(t, s)
	given, err := found.loginOf(old)
	if err != nil {
		t.Fatal(err)
	}
	for _, suffix := range []string{login.SuffixA, login.SuffixB} {
		l := found.resting(found.owner+suffix, given)
		probes(t, s, urlValue(l.User, l.Password.Reveal()), rotation.Rejected)
	}
}
