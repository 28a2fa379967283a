package tds

import (
	"crypto/tls"
	"encoding/binary"
	"io"
	"net"
)

// The options of PRELOGIN, and the values of the option ENCRYPTION (MS-TDS 2.2.6.5).
const (
	optionVersion    = 0x00
	optionEncryption = 0x01
	optionEnd        = 0xff

	encryptOff          = 0
	encryptOn           = 1
	encryptNotSupported = 2
	encryptRequired     = 3
)

// secure answers PRELOGIN, and starts TLS if both sides do.
func (s *Server) secure(conn net.Conn) (io.ReadWriter, error) {
	kind, body, err := readMessage(conn)
	if err != nil || kind != typePrelogin {
		return nil, errProtocol
	}
	asked, ok := encryptionOf(body)
	if !ok {
		return nil, errProtocol
	}
	answer := s.encryption(asked)
	if err := writeMessage(conn, typeReply, preloginReply(answer)); err != nil {
		return nil, err
	}
	switch {
	case answer == encryptNotSupported:
		return conn, nil
	case asked == encryptNotSupported:
		return nil, errProtocol
	}
	return s.startTLS(conn)
}

// encryption returns the server's answer to a client (MS-TDS 2.2.6.5). Where a client would
// encrypt its login only, the server requires that it encrypts everything.
func (s *Server) encryption(asked byte) byte {
	switch {
	case s.options.Certificate == nil, asked == encryptNotSupported && !s.options.RequireTLS:
		return encryptNotSupported
	case asked == encryptOff, asked == encryptNotSupported:
		return encryptRequired
	}
	return encryptOn
}

func encryptionOf(body []byte) (byte, bool) {
	for at := 0; at+5 <= len(body) && body[at] != optionEnd; at += 5 {
		offset := int(binary.BigEndian.Uint16(body[at+1:]))
		size := int(binary.BigEndian.Uint16(body[at+3:]))
		if body[at] == optionEncryption {
			return valueAt(body, offset, size)
		}
	}
	return 0, false
}

func valueAt(body []byte, offset, size int) (byte, bool) {
	if size != 1 || offset >= len(body) {
		return 0, false
	}
	return body[offset], true
}

func preloginReply(encryption byte) []byte {
	const values = 2*5 + 1
	reply := []byte{optionVersion, 0, values, 0, 6, optionEncryption, 0, values + 6, 0, 1, optionEnd}
	return append(reply, 16, 0, 0x10, 0, 0, 0, encryption)
}

// startTLS makes a handshake whose records are in packets of PRELOGIN, and then goes on without
// these (MS-TDS 3.2.5.2). With TDS 7.x, SQL Server speaks TLS 1.2.
func (s *Server) startTLS(conn net.Conn) (io.ReadWriter, error) {
	wrapped := &handshake{Conn: conn}
	encrypted := tls.Server(wrapped, &tls.Config{ //nolint:gosec // TLS 1.2, as the server that it stands for
		Certificates: []tls.Certificate{*s.options.Certificate}, MinVersion: tls.VersionTLS12, MaxVersion: tls.VersionTLS12,
	})
	if err := encrypted.Handshake(); err != nil {
		return nil, err
	}
	wrapped.over = true
	return encrypted, nil
}

// handshake is a connection that wraps TLS records into packets until the handshake is over.
type handshake struct {
	net.Conn
	over bool
	left []byte
}

func (h *handshake) Read(p []byte) (int, error) {
	if h.over {
		return h.Conn.Read(p)
	}
	if len(h.left) == 0 {
		kind, body, err := readMessage(h.Conn)
		if err != nil || kind != typePrelogin {
			return 0, errProtocol
		}
		h.left = body
	}
	n := copy(p, h.left)
	h.left = h.left[n:]
	return n, nil
}

func (h *handshake) Write(p []byte) (int, error) {
	if h.over {
		return h.Conn.Write(p)
	}
	return len(p), writeMessage(h.Conn, typePrelogin, p)
}
