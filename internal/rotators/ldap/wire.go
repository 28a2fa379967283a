package ldap

import (
	"errors"
	"io"
	"net"
	"sync/atomic"

	"rotunda/internal/rotators/bounded"
)

// What a server may send. The client allocates what a message claims, element by element.
// Rotators read one entry with a few attributes.
const (
	maxMessage  = 32 << 10
	maxElements = 8192 // over one connection
	maxDepth    = 16
)

// BER identifiers and lengths (X.690, 8.1.2 and 8.1.3).
const (
	sequence    = 0x30
	constructed = 0x20
	highTag     = 0x1f
	longLength  = 0x80
)

// messages is a connection that hands on whole messages, each of which was checked.
type messages struct {
	net.Conn
	ready    []byte // of a message that is checked
	elements int    // that have come
	broken   atomic.Bool
}

// Read implements net.Conn.
func (m *messages) Read(p []byte) (int, error) {
	if len(m.ready) == 0 {
		message, err := readMessage(m.Conn, &m.elements)
		if errors.Is(err, bounded.ErrUnexpected) {
			m.broken.Store(true) // the client keeps only the text of an error
		}
		if err != nil {
			return 0, err
		}
		m.ready = message
	}
	n := copy(p, m.ready)
	m.ready = m.ready[n:]
	return n, nil
}

// readMessage reads one LDAPMessage and no byte beyond it. It counts the message's elements.
func readMessage(r io.Reader, elements *int) ([]byte, error) {
	message := make([]byte, 2, 6)
	if _, err := io.ReadFull(r, message); err != nil {
		return nil, err
	}
	if message[0] != sequence {
		return nil, bounded.ErrUnexpected
	}
	if more := int(message[1]) - longLength; more > 0 {
		if more > 4 {
			return nil, bounded.ErrUnexpected
		}
		message = message[:2+more]
		if _, err := io.ReadFull(r, message[2:]); err != nil {
			return nil, err
		}
	}
	length, _, ok := readLength(message[1:])
	if !ok || length > maxMessage {
		return nil, bounded.ErrUnexpected
	}
	content := make([]byte, length)
	if _, err := io.ReadFull(r, content); err != nil {
		return nil, err
	}
	if !isWellFormed(content, maxDepth, elements) {
		return nil, bounded.ErrUnexpected
	}
	return append(message, content...), nil
}

// readLength reads a definite length of up to four bytes. It returns how many bytes it takes.
// LDAP has no indefinite ones (RFC 4511, 5.1).
func readLength(data []byte) (length, size int, ok bool) {
	if len(data) == 0 {
		return 0, 0, false
	}
	if data[0] < longLength {
		return int(data[0]), 1, true
	}
	size = 1 + int(data[0]-longLength)
	if size == 1 || size > 5 || len(data) < size {
		return 0, 0, false
	}
	for _, b := range data[1:size] {
		length = length<<8 | int(b)
	}
	return length, size, true
}

// isWellFormed reports whether data is a list of elements, each within its parent, and counts
// them.
func isWellFormed(data []byte, depth int, elements *int) bool {
	for len(data) > 0 {
		*elements++
		length, size, ok := readLength(data[1:])
		if !ok || *elements > maxElements || depth == 0 || data[0]&highTag == highTag || length > len(data)-1-size {
			return false
		}
		content := data[1+size : 1+size+length]
		if data[0]&constructed != 0 && !isWellFormed(content, depth-1, elements) {
			return false
		}
		data = data[1+size+length:]
	}
	return true
}
