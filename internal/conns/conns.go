// Package conns serves the connections of a server that tests start, and ends them with it.
package conns

import (
	"net"
	"sync"
)

// Conns are the connections that a listener accepts.
type Conns struct {
	listener net.Listener
	serving  sync.WaitGroup

	mu    sync.Mutex
	open  map[net.Conn]bool
	left  *sync.Cond // a connection has ended
	ended bool
}

// Serve serves each connection in a goroutine of its own until Close, and closes it when serve
// returns.
func Serve(listener net.Listener, serve func(net.Conn)) *Conns {
	c := &Conns{listener: listener, open: map[net.Conn]bool{}}
	c.left = sync.NewCond(&c.mu)
	c.serving.Go(func() { c.accept(serve) })
	return c
}

func (c *Conns) accept(serve func(net.Conn)) {
	for {
		conn, err := c.listener.Accept()
		if err != nil {
			return
		}
		if c.add(conn) {
			c.serving.Go(func() {
				defer c.forget(conn)
				serve(conn)
			})
		}
	}
}

// add reports whether a connection may begin. One that was accepted in the moment of Close may
// not: nobody would end it.
func (c *Conns) add(conn net.Conn) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ended {
		_ = conn.Close()
		return false
	}
	c.open[conn] = true
	return true
}

func (c *Conns) forget(conn net.Conn) {
	_ = conn.Close()
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.open, conn)
	c.left.Broadcast()
}

// WaitIdle waits until no connection is open and all have been served.
func (c *Conns) WaitIdle() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for len(c.open) > 0 {
		c.left.Wait()
	}
}

// Close closes the listener and all connections, and waits for those who serve them.
func (c *Conns) Close() error {
	err := c.listener.Close()
	c.mu.Lock()
	c.ended = true
	for conn := range c.open {
		_ = conn.Close()
	}
	c.mu.Unlock()
	c.serving.Wait()
	return err
}
