package mysql

import (
	"crypto/tls"
	"io"
	"net"
	"time"

	"github.com/go-sql-driver/mysql"

	"rotunda/internal/rotators/bounded"
)

// wire is the connection below the driver. It checks each packet of the server before the driver
// sees it, and so it starts TLS itself. The protocol is in "MySQL Client/Server Protocol"
// (dev.mysql.com/doc/dev/mysql-server, page_protocol_connection_phase and _command_phase).
type wire struct {
	net.Conn               // of the network
	stream   io.ReadWriter // the same, or TLS over it
	secure   *tls.Config   // until TLS has started; nil without TLS
	verified bool          // whether TLS proves who the server is

	phase  phase
	ready  []byte // a packet that was checked and not yet read
	shift  byte   // by how much the server's packet numbers are ahead of the driver's
	failed error  // why reading or writing failed, which the driver does not always say
}

// phase is what the server's next packet is.
type phase int

const (
	greeting phase = iota
	authenticating
	answer // the first packet after a command
	rows
)

const (
	headerBytes      = 4
	sslRequestBytes  = 32
	sslRequestNumber = 1
	capableOfTLS     = 0x08 // in the second byte of the capabilities (CLIENT_SSL, 0x800)
)

// Read implements net.Conn.
func (w *wire) Read(p []byte) (n int, err error) {
	defer func() { w.note(err) }()
	if len(w.ready) == 0 {
		if err := w.readPacket(); err != nil {
			return 0, err
		}
	}
	n = copy(p, w.ready)
	w.ready = w.ready[n:]
	return n, nil
}

func (w *wire) note(err error) {
	if w.failed == nil {
		w.failed = err
	}
}

func (w *wire) readPacket() error {
	var header [headerBytes]byte
	if _, err := io.ReadFull(w.stream, header[:]); err != nil {
		return err
	}
	size := int(header[0]) | int(header[1])<<8 | int(header[2])<<16
	if size == 0 || size > bounded.MaxMessage {
		return bounded.ErrUnexpected
	}
	packet := make([]byte, headerBytes+size)
	copy(packet, header[:])
	if _, err := io.ReadFull(w.stream, packet[headerBytes:]); err != nil {
		return err
	}
	packet[3] -= w.shift
	w.ready = packet
	if w.phase == authenticating {
		w.ready = endChallenge(packet)
	}
	return w.check(packet[headerBytes:])
}

// check refuses what makes the driver panic, allocate what the server claims, or send the password
// to a server that is not verified.
func (w *wire) check(body []byte) error {
	if body[0] == isError {
		w.phase, w.shift = rows, 0
		return checkError(body)
	}
	switch w.phase {
	case greeting:
		w.phase = authenticating
		return w.checkGreeting(body)
	case authenticating:
		return w.checkLogin(body)
	case answer:
		w.phase = rows
		return checkAnswer(body)
	}
	return checkRow(body)
}

// Write implements net.Conn. The driver writes one packet at a time.
func (w *wire) Write(packet []byte) (n int, err error) {
	defer func() { w.note(err) }()
	sent := append([]byte(nil), packet...)
	if w.phase == rows {
		w.phase = answer
	}
	if w.secure != nil && w.phase == authenticating {
		if err := w.startTLS(sent); err != nil {
			return 0, err
		}
	}
	sent[3] += w.shift
	return w.stream.Write(sent)
}

// startTLS sends the beginning of the driver's answer to the greeting as a request for TLS. The
// rest, which has the password's hash, follows over TLS.
func (w *wire) startTLS(response []byte) error {
	if len(response) < headerBytes+sslRequestBytes {
		return bounded.ErrUnexpected
	}
	response[headerBytes+1] |= capableOfTLS
	request := append([]byte{sslRequestBytes, 0, 0, sslRequestNumber}, response[headerBytes:headerBytes+sslRequestBytes]...)
	if err := w.SetDeadline(time.Now().Add(packetTimeout)); err != nil {
		return err
	}
	if _, err := w.Conn.Write(request); err != nil {
		return err
	}
	conn := tls.Client(w.Conn, w.secure)
	w.secure, w.stream, w.shift = nil, conn, 1
	return conn.Handshake()
}

func (w *wire) checkGreeting(body []byte) error {
	flags, ok := greetingFlags(body)
	switch {
	case !ok:
		return bounded.ErrUnexpected
	case w.secure != nil && flags&capableOfTLS == 0:
		return mysql.ErrNoTLS
	}
	return nil
}
