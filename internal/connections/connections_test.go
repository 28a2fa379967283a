package connections

import (
	"net"
	"net/http"
	"testing"
)

// conn is a connection that knows whether it was closed.
type conn struct {
	net.Conn
	closed bool
}

func (c *conn) Close() error {
	c.closed = true
	return nil
}

func TestTheLongestIdleConnectionIsClosed(t *testing.T) {
	c := New(3)
	var all [6]conn
	for i, step := range []struct {
		conn  int
		state http.ConnState
		gone  int // the connection that is closed, or -1
	}{
		{0, http.StateNew, -1},
		{1, http.StateNew, -1},
		{2, http.StateNew, -1},
		{0, http.StateActive, -1},
		{0, http.StateIdle, -1}, // now 1 is the oldest
		{3, http.StateNew, 1},
		{2, http.StateActive, -1},
		{4, http.StateNew, 0}, // 2 is older, but in use
		{3, http.StateActive, -1},
		{4, http.StateActive, -1},
		{5, http.StateNew, 5}, // no other is idle
		{2, http.StateClosed, -1},
	} {
		before := all
		c.State(&all[step.conn], step.state)
		for n := range all {
			if closed := all[n].closed && !before[n].closed; closed != (n == step.gone) {
				t.Errorf("step %d: connection %d closed: %v", i, n, closed)
			}
		}
	}
	if len(c.open) != 2 || c.used.Len() != 2 {
		t.Errorf("%d connections in the map, %d in the list, want 2", len(c.open), c.used.Len())
	}
}
