package proxy

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"sync"
)

// tunnel joins a client's connection and the stand-in's.
type tunnel struct {
	client net.Conn
	early  *bufio.Reader // what the client sent early, and all that follows
	server net.Conn
}

// connect takes over the client's connection and joins it to the server's, which it always
// closes.
func (p *Proxy) connect(w http.ResponseWriter, server net.Conn) {
	client, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		_ = server.Close()
		http.Error(w, "This proxy needs HTTP/1.1: "+err.Error(), http.StatusHTTPVersionNotSupported)
		return
	}
	t := &tunnel{client, buffered.Reader, server}
	defer t.close()
	if !p.add(t) {
		_, _ = io.WriteString(client, "HTTP/1.1 503 The proxy is closed\r\nContent-Length: 0\r\n\r\n") // the connection is closed anyway
		return
	}
	defer p.remove(t)
	if _, err := io.WriteString(client, "HTTP/1.1 200 Connection established\r\n\r\n"); err != nil {
		return // the client has gone
	}
	t.copy()
}

// copy copies bytes in both directions until both sides have ended. When one side ends, the other
// may still send: TCP allows that, and TLS ends in this way.
func (t *tunnel) copy() {
	var both sync.WaitGroup
	both.Go(func() { forward(t.server, t.early) })
	both.Go(func() { forward(t.client, t.server) })
	both.Wait()
}

func forward(to net.Conn, from io.Reader) {
	_, err := io.Copy(to, from)
	half, ok := to.(interface{ CloseWrite() error })
	if err != nil || !ok {
		_ = to.Close()
		return
	}
	_ = half.CloseWrite() // the other side may have gone
}

func (t *tunnel) close() {
	_ = t.client.Close()
	_ = t.server.Close()
}

func (p *Proxy) add(t *tunnel) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return false
	}
	p.tunnels[t] = struct{}{}
	p.open.Add(1)
	return true
}

func (p *Proxy) remove(t *tunnel) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.tunnels, t)
	p.open.Done()
}

// Close ends all tunnels, waits for them, and rejects new ones. http.Server.Close does not, as
// the connections are no longer its own. The error is always nil.
func (p *Proxy) Close() error {
	p.closeTunnels()
	p.open.Wait()
	return nil
}

func (p *Proxy) closeTunnels() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	for t := range p.tunnels {
		t.close()
	}
}
