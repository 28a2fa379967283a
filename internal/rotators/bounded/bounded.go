// Package bounded keeps a server from making its client hold much memory, or end. Drivers allocate
// what a server claims to send, and some panic on what no server sends; a provider is named by a
// tag, so it may be anyone's.
package bounded

import (
	"context"
	"errors"
	"io"
	"net"
)

const (
	// MaxBytes is what a server may send over one connection, TLS included. Rotators read a few rows.
	MaxBytes = 256 << 10
	// MaxMessage is the most that one message may claim to be long.
	MaxMessage = 64 << 10
)

// ErrUnexpected means that a server sent too much, or what no server of its kind sends.
var ErrUnexpected = errors.New("the server sent too much or something unexpected")

// Dial connects to a server that may send MaxBytes.
func Dial(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := new(net.Dialer).DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	return &counted{conn, MaxBytes}, nil
}

// counted is a connection that ends after so many bytes.
type counted struct {
	net.Conn
	left int
}

func (c *counted) Read(p []byte) (int, error) {
	if c.left == 0 {
		return 0, ErrUnexpected
	}
	n, err := c.Conn.Read(p[:min(len(p), c.left)])
	c.left -= n
	return n, err
}

// Checked returns a connection that hands on what it reads once check has returned nil for it.
// Check is called with all bytes in order.
func Checked(conn net.Conn, check func([]byte) error) net.Conn {
	return checkedConn{conn, Reader(conn, check)}
}

type checkedConn struct {
	net.Conn
	reader io.Reader
}

func (c checkedConn) Read(p []byte) (int, error) { return c.reader.Read(p) }

// Reader is Checked for a reader.
func Reader(r io.Reader, check func([]byte) error) io.Reader { return checked{r, check} }

type checked struct {
	io.Reader
	check func([]byte) error
}

func (c checked) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	if wrong := c.check(p[:n]); wrong != nil {
		return 0, wrong
	}
	return n, err
}

// Recover turns a panic of a driver into ErrUnexpected. It must be deferred itself.
func Recover(err *error) {
	if recover() != nil {
		*err = ErrUnexpected
	}
}
