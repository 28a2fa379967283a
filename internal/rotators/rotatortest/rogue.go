package rotatortest

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"rotunda/internal/conns"
	"rotunda/internal/rotation"
)

// Rogue is a server that sends what it likes. It listens on 127.0.0.1.
type Rogue struct {
	Addr string // host:port

	mu    sync.Mutex
	heard []byte
}

// StartRogue serves each connection until the test ends. What serve reads is heard.
func StartRogue(t *testing.T, serve func(conn net.Conn)) *Rogue {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	Must(t, err)
	r := &Rogue{Addr: listener.Addr().String()}
	served := conns.Serve(listener, func(conn net.Conn) { r.serve(conn, serve) })
	t.Cleanup(func() { _ = served.Close() })
	return r
}

// serve ends when the client has, so that all of what it sends is heard.
func (r *Rogue) serve(conn net.Conn, serve func(net.Conn)) {
	heard := Heard{conn, r}
	serve(heard)
	_ = conn.(*net.TCPConn).CloseWrite()
	_, _ = io.Copy(io.Discard, heard)
}

// Heard returns everything that clients sent, after TLS if serve speaks that.
func (r *Rogue) Heard() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return string(r.heard)
}

// Heard is a connection whose client's bytes the rogue keeps.
type Heard struct {
	net.Conn
	rogue *Rogue
}

// Read implements net.Conn.
func (h Heard) Read(p []byte) (int, error) {
	n, err := h.Conn.Read(p)
	h.rogue.mu.Lock()
	defer h.rogue.mu.Unlock()
	h.rogue.heard = append(h.rogue.heard, p[:n]...)
	return n, err
}

// ServeTLS starts TLS and serves over it. What is read then is heard decrypted.
func (h Heard) ServeTLS(config *tls.Config, serve func(net.Conn)) {
	encrypted := tls.Server(h.Conn, config)
	heard := Heard{encrypted, h.rogue}
	serve(heard)
	_ = encrypted.CloseWrite()
	_, _ = io.Copy(io.Discard, heard)
}

// WantPatience locates at a server that accepts connections and says nothing. The caller's time
// bounds that, though a rotator's own is longer.
func WantPatience(t *testing.T, locator rotation.Locator, subject func(rogue *Rogue) rotation.Subject) {
	t.Helper()
	rogue := StartRogue(t, func(conn net.Conn) { _, _ = io.Copy(io.Discard, conn) })
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	began := time.Now()
	_, err := locator.Locate(ctx, subject(rogue))
	if took := time.Since(began); err == nil || took > 5*time.Second { // half of the rotators' own
		t.Errorf("after %s: %v", took, err)
	}
}

// Flood sends a text again and again, until the client has had enough.
func Flood(conn io.Writer, text []byte) {
	all := slices.Repeat(text, max(1, 64<<10/len(text)))
	for {
		if _, err := conn.Write(all); err != nil {
			return
		}
	}
}

// maxAllocated bounds what one login and its calls allocate in all, garbage too.
const maxAllocated = 16 << 20

// WantBounded probes, checks and locates, and applies a value, which must fail. None of these may
// allocate much, or panic.
func WantBounded(t *testing.T, setter rotation.Setter, s rotation.Subject) {
	t.Helper()
	var before, after runtime.MemStats
	for name, call := range map[string]func(context.Context) error{
		"Probe": func(ctx context.Context) error {
			_, err := setter.Probe(ctx, s, s.Current) // a rogue may well accept a login
			_ = Fault(t, err)
			return nil
		},
		"Apply": func(ctx context.Context) error {
			if fault := Fault(t, setter.Apply(ctx, s, s.Current, Unfenced)); fault == nil {
				return errors.New("applied by a rogue")
			}
			return nil
		},
		"Check": func(ctx context.Context) error {
			_, err := setter.(rotation.Checker).Check(ctx, s)
			_ = Fault(t, err)
			return nil
		},
		"Locate": func(ctx context.Context) error {
			_, err := setter.(rotation.Locator).Locate(ctx, s)
			_ = Fault(t, err)
			return nil
		},
	} {
		runtime.ReadMemStats(&before)
		if err := call(t.Context()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		runtime.ReadMemStats(&after)
		if got := after.TotalAlloc - before.TotalAlloc; got > maxAllocated {
			t.Errorf("%s allocated %d MiB", name, got>>20)
		}
	}
}
