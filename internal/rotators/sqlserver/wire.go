package sqlserver

import (
	"bytes"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"io"
	"net"

	"rotunda/internal/rotators/bounded"
)

// wire is the connection below the driver. It checks each message of the server before the driver
// sees it, and so it starts TLS itself: the driver knows of no TLS. The protocol is in MS-TDS
// (2.2.3.1 packets, 2.2.6.5 PRELOGIN, 3.2.5.2 TLS) and in microsoft/go-mssqldb (tds.go, net.go).
type wire struct {
	net.Conn               // of the network
	stream   io.ReadWriter // the same, or TLS over it
	secure   *tls.Config   // nil without TLS

	begun  bool   // the server has answered PRELOGIN
	ready  []byte // packets that were checked and not yet read
	failed error  // why reading or writing failed, which the driver does not always say
}

const (
	packetHeader = 8
	typeReply    = 0x04
	typePrelogin = 0x12
	lastPacket   = 0x01

	optionEncryption = 0x01
	optionEnd        = 0xff
	optionBytes      = 5

	encryptOn           = 1
	encryptNotSupported = 2
	encryptRequired     = 3
)

var (
	errNoTLS    = errors.New("the server offers no TLS")
	errNeedsTLS = errors.New("the server requires TLS")
)

func newWire(conn net.Conn, secure *tls.Config) *wire {
	return &wire{Conn: conn, stream: conn, secure: secure}
}

// Read implements net.Conn.
func (w *wire) Read(p []byte) (n int, err error) {
	defer func() { w.note(err) }()
	if len(w.ready) == 0 {
		if err := w.readReply(); err != nil {
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

// Write implements net.Conn. The driver writes one packet at a time, and PRELOGIN first.
func (w *wire) Write(packet []byte) (n int, err error) {
	defer func() { w.note(err) }()
	if w.begun || w.secure == nil {
		return w.stream.Write(packet)
	}
	asking := bytes.Clone(packet)
	if len(packet) < packetHeader || !setEncryption(asking[packetHeader:], encryptOn) {
		return 0, bounded.ErrUnexpected
	}
	return w.stream.Write(asking)
}

// readReply reads a message, checks it, and makes it ready for the driver.
func (w *wire) readReply() error {
	packets, body, err := readMessage(w.stream, typeReply)
	if err != nil {
		return err
	}
	w.ready = packets
	if w.begun {
		return checkReply(body)
	}
	w.begun = true
	return w.begin(packets)
}

// begin starts TLS, and tells the driver that there is none. An answer to PRELOGIN is one packet.
func (w *wire) begin(packets []byte) error {
	body := packets[packetHeader:]
	encryption, ok := encryptionIn(body)
	switch {
	case !ok || int(binary.BigEndian.Uint16(packets[2:])) != len(packets):
		return bounded.ErrUnexpected
	case w.secure == nil && encryption != encryptNotSupported:
		return errNeedsTLS
	case w.secure == nil:
		return nil
	case encryption != encryptOn && encryption != encryptRequired:
		return errNoTLS
	}
	setEncryption(body, encryptNotSupported)
	return w.startTLS()
}

// startTLS makes a handshake in packets of PRELOGIN. SQL Server expects each packet that follows
// in one TLS record (microsoft/go-mssqldb#166).
func (w *wire) startTLS() error {
	wrapped := &handshake{Conn: w.Conn}
	config := w.secure.Clone()
	config.DynamicRecordSizingDisabled = true
	conn := tls.Client(wrapped, config)
	if err := conn.Handshake(); err != nil {
		return err
	}
	if err := wrapped.end(); err != nil {
		return err
	}
	w.stream = conn
	return nil
}

// handshake wraps TLS records into packets until it ends.
type handshake struct {
	net.Conn
	out   bytes.Buffer
	in    []byte
	ended bool
}

func (h *handshake) Write(p []byte) (int, error) {
	if h.ended {
		return h.Conn.Write(p)
	}
	return h.out.Write(p)
}

func (h *handshake) Read(p []byte) (int, error) {
	if h.ended && len(h.in) == 0 {
		return h.Conn.Read(p)
	}
	if len(h.in) == 0 {
		if err := h.flush(); err != nil {
			return 0, err
		}
		_, body, err := readMessage(h.Conn, typePrelogin, typeReply) // older servers send the latter
		if err != nil {
			return 0, err
		}
		h.in = body
	}
	n := copy(p, h.in)
	h.in = h.in[n:]
	return n, nil
}

// flush sends what was written as one packet. A client's flight of a handshake fits in one.
func (h *handshake) flush() error {
	if h.out.Len() == 0 {
		return nil
	}
	packet := append([]byte{typePrelogin, lastPacket, 0, 0, 0, 0, 1, 0}, h.out.Bytes()...)
	packet[2], packet[3] = byte(len(packet)>>8&0xff), byte(len(packet)&0xff)
	h.out.Reset()
	_, err := h.Conn.Write(packet)
	return err
}

func (h *handshake) end() error {
	err := h.flush()
	h.ended = true
	return err
}

// maxPackets is more than 64 KiB need in the smallest packets that a server may send, which
// have 512 bytes.
const maxPackets = 256

// readMessage reads the packets of a message, and returns them and what is in them.
func readMessage(r io.Reader, kinds ...byte) (packets, body []byte, _ error) {
	for range maxPackets {
		var header [packetHeader]byte
		if _, err := io.ReadFull(r, header[:]); err != nil {
			return nil, nil, err
		}
		size := int(binary.BigEndian.Uint16(header[2:])) - packetHeader
		if !bytes.Contains(kinds, header[:1]) || size <= 0 || len(body)+size > bounded.MaxMessage || header[1] > lastPacket {
			return nil, nil, bounded.ErrUnexpected
		}
		begin := len(packets) + packetHeader
		packets = append(append(packets, header[:]...), make([]byte, size)...)
		if _, err := io.ReadFull(r, packets[begin:]); err != nil {
			return nil, nil, err
		}
		body = append(body, packets[begin:]...)
		if header[1] == lastPacket {
			return packets, body, nil
		}
	}
	return nil, nil, bounded.ErrUnexpected
}

// encryptionAt returns where the value of the option ENCRYPTION is, or -1.
func encryptionAt(prelogin []byte) int {
	for at := 0; at+optionBytes <= len(prelogin) && prelogin[at] != optionEnd; at += optionBytes {
		offset := int(binary.BigEndian.Uint16(prelogin[at+1:]))
		if prelogin[at] == optionEncryption && prelogin[at+3] == 0 && prelogin[at+4] == 1 && offset < len(prelogin) {
			return offset
		}
	}
	return -1
}

func encryptionIn(prelogin []byte) (byte, bool) {
	at := encryptionAt(prelogin)
	if at < 0 {
		return 0, false
	}
	return prelogin[at], true
}

func setEncryption(prelogin []byte, value byte) bool {
	at := encryptionAt(prelogin)
	if at >= 0 {
		prelogin[at] = value
	}
	return at >= 0
}
