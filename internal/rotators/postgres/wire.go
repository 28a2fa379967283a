package postgres

import (
	"bytes"
	"encoding/binary"
	"io"
	"strconv"

	"github.com/jackc/pgx/v5/pgproto3"

	"rotunda/internal/rotators/bounded"
)

// maxIterations is how often a server may have us hash a password. Servers use 4,096 unless
// somebody changes scram_iterations. The driver's own limit is ten times this one: seconds of work
// that nothing interrupts.
const maxIterations = 1_000_000

// newFrontend reads a server's messages once they are checked.
func newFrontend(r io.Reader, w io.Writer) *pgproto3.Frontend {
	return pgproto3.NewFrontend(bounded.Reader(r, new(messages).check), w)
}

// messages follows a server's messages: a kind, a length that counts itself, and a body
// (PostgreSQL's manual, "Message Formats").
type messages struct{ unread []byte }

const messageHeader = 1 + 4

func (m *messages) check(data []byte) error {
	m.unread = append(m.unread, data...)
	for len(m.unread) >= messageHeader {
		size := 1 + int(binary.BigEndian.Uint32(m.unread[1:]))
		if size < messageHeader || size > messageHeader+bounded.MaxMessage {
			return bounded.ErrUnexpected
		}
		if len(m.unread) < size {
			return nil
		}
		if m.unread[0] == 'R' && asksForTooMuch(m.unread[messageHeader:size]) {
			return bounded.ErrUnexpected
		}
		m.unread = m.unread[size:]
	}
	return nil
}

// asksForTooMuch reports whether a message is a challenge of SCRAM (RFC 5802,
// server-first-message) with too many iterations.
func asksForTooMuch(body []byte) bool {
	challenge, isChallenge := bytes.CutPrefix(body, []byte("\x00\x00\x00\x0b"))
	_, count, found := bytes.Cut(challenge, []byte(",i="))
	if !isChallenge || !found {
		return false
	}
	count, _, _ = bytes.Cut(count, []byte(","))
	iterations, err := strconv.Atoi(string(count))
	return err != nil || iterations > maxIterations
}
