package mysqld

import (
	"encoding/binary"
	"errors"
	"io"
	"net"
)

const maxPacket = 1 << 16

var errProtocol = errors.New("not what a client of MySQL sends")

// session is a connection.
type session struct {
	server *Server
	conn   net.Conn
	next   byte // the number of the next packet
	as     *Account
	active string // the default role, allRoles, or "" for none
}

// serve runs a connection to its end.
func (s *Server) serve(conn net.Conn) {
	c := &session{server: s, conn: conn}
	if c.logIn() == nil {
		for c.command() == nil {
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for name, owner := range s.locks {
		if owner == c {
			delete(s.locks, name)
		}
	}
}

func (c *session) read() ([]byte, error) {
	var header [4]byte
	if _, err := io.ReadFull(c.conn, header[:]); err != nil {
		return nil, err
	}
	size := int(header[0]) | int(header[1])<<8 | int(header[2])<<16
	if size > maxPacket {
		return nil, errProtocol
	}
	c.next = header[3] + 1
	body := make([]byte, size)
	_, err := io.ReadFull(c.conn, body)
	return body, err
}

func (c *session) write(bodies ...[]byte) error {
	var all []byte
	for _, body := range bodies {
		all = append(all, byte(len(body)), byte(len(body)>>8), byte(len(body)>>16), c.next) //nolint:gosec // three bytes
		all = append(all, body...)
		c.next++
	}
	_, err := c.conn.Write(all)
	return err
}

// The commands (page_protocol_command_phase).
const (
	quit    = 1
	initDB  = 2
	query   = 3
	ping    = 14
	unknown = 1047
)

func (c *session) command() error {
	body, err := c.read()
	if err != nil || len(body) == 0 || body[0] == quit {
		return errors.Join(err, errProtocol)
	}
	switch body[0] {
	case ping, initDB:
		return c.write(ok)
	case query:
		return c.answer(c.server.run(c, string(body[1:])))
	}
	return c.fail(unknown)
}

var (
	ok  = []byte{0, 0, 0, 2, 0, 0, 0}
	end = []byte{0xfe, 0, 0, 2, 0}
)

// fail sends an error. Its text quotes nothing.
func (c *session) fail(number uint16) error {
	return c.write(append(binary.LittleEndian.AppendUint16([]byte{0xff}, number), "#HY000refused by the stand-in"...))
}

// answer sends what a statement returned.
func (c *session) answer(rows [][]string, number uint16) error {
	switch {
	case number != 0:
		return c.fail(number)
	case rows == nil:
		return c.write(ok)
	}
	bodies := [][]byte{{byte(len(rows[0]))}} //nolint:gosec // a few columns, whose names are the first row
	for _, name := range rows[0] {
		column := append(texts("def", "", "", "", name, name), 0x0c, 0xff, 0)
		column = binary.LittleEndian.AppendUint32(column, 1024)
		bodies = append(bodies, append(column, 0xfd, 0, 0, 0, 0, 0))
	}
	bodies = append(bodies, end)
	for _, row := range rows[1:] {
		bodies = append(bodies, texts(row...))
	}
	return c.write(append(bodies, end)...)
}

// texts returns length-encoded texts.
func texts(all ...string) (b []byte) {
	for _, text := range all {
		if len(text) < 251 {
			b = append(b, byte(len(text))) //nolint:gosec // it fits
		} else {
			b = append(b, 0xfc, byte(len(text)), byte(len(text)>>8)) //nolint:gosec // two bytes
		}
		b = append(b, text...)
	}
	return b
}
