package main

import (
	"container/list"
	"net"
	"net/http"
	"sync"
)

// maxConnections is how many connections the handler keeps. The host opens one for each request
// that it has in progress, and one instance serves at most 1,000 at a time
// (MicrosoftDocs/azure-docs articles/azure-functions/functions-concurrency.md).
const maxConnections = 2048

// connections closes connections that nobody uses when there are too many. Its state method is the
// ConnState of an http.Server.
type connections struct {
	most int

	mu   sync.Mutex
	open map[net.Conn]*list.Element // an element of idle, or nil while a request is in progress
	idle list.List                  // of net.Conn, the longest idle first
}

func newConnections(most int) *connections {
	return &connections{most: most, open: map[net.Conn]*list.Element{}}
}

// state notes the new state of a connection. A new connection counts as idle until its first
// request has arrived.
func (c *connections) state(conn net.Conn, state http.ConnState) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if waiting := c.open[conn]; waiting != nil {
		c.idle.Remove(waiting)
	}
	switch state {
	case http.StateNew, http.StateIdle:
		c.open[conn] = c.idle.PushBack(conn)
	case http.StateActive:
		c.open[conn] = nil
	case http.StateHijacked, http.StateClosed:
		delete(c.open, conn)
	}
	if len(c.open) > c.most {
		c.closeOldest()
	}
}

// closeOldest closes the connection that has been idle for longest. If no other is idle, that is
// the newest one.
func (c *connections) closeOldest() {
	if oldest := c.idle.Front(); oldest != nil {
		c.idle.Remove(oldest)
		conn := oldest.Value.(net.Conn)
		delete(c.open, conn)
		_ = conn.Close() // its goroutine ends
	}
}
