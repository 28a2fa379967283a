// Package connections closes idle connections of an HTTP server when there are too many.
package connections

import (
	"container/list"
	"net"
	"net/http"
	"sync"
)

// Max is how many connections the handler keeps. The host opens one for each request
// that it has in progress, and one instance serves at most 1,000 at a time
// (MicrosoftDocs/azure-docs articles/azure-functions/functions-concurrency.md).
const Max = 2048

// Limit closes connections that nobody uses when there are too many. Its State method is the
// ConnState of an http.Server. A change of state costs no allocation.
type Limit struct {
	most int

	mu   sync.Mutex
	open map[net.Conn]*list.Element
	used list.List // of *connection; those that have been idle for longest come first
}

type connection struct {
	net.Conn
	idle bool
}

// New returns a Limit that keeps at most so many connections.
func New(most int) *Limit {
	return &Limit{most: most, open: map[net.Conn]*list.Element{}}
}

// State notes the new state of a connection. A new connection counts as idle until its first
// request has arrived.
func (c *Limit) State(conn net.Conn, state http.ConnState) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch state {
	case http.StateNew:
		c.open[conn] = c.used.PushBack(&connection{conn, true})
		if len(c.open) > c.most {
			c.closeOldest()
		}
	case http.StateIdle, http.StateActive:
		if known := c.open[conn]; known != nil {
			known.Value.(*connection).idle = state == http.StateIdle
			c.used.MoveToBack(known)
		}
	case http.StateHijacked, http.StateClosed:
		c.forget(conn)
	}
}

// closeOldest closes the connection that has been idle for longest. If no other is idle, that is
// the new one.
func (c *Limit) closeOldest() {
	for element := c.used.Front(); element != nil; element = element.Next() {
		if found := element.Value.(*connection); found.idle {
			c.forget(found.Conn)
			_ = found.Close() // its goroutine ends
			return
		}
	}
}

func (c *Limit) forget(conn net.Conn) {
	if known := c.open[conn]; known != nil {
		c.used.Remove(known)
		delete(c.open, conn)
	}
}
