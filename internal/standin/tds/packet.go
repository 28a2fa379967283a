package tds

import (
	"encoding/binary"
	"errors"
	"io"
)

// The types of packets (MS-TDS 2.2.3.1.1).
const (
	typeBatch     = 0x01
	typeRPC       = 0x03
	typeReply     = 0x04
	typeAttention = 0x06
	typeLogin     = 0x10
	typePrelogin  = 0x12
)

const (
	headerBytes = 8
	packetBytes = 4096
	maxMessage  = 256 << 10
	endOfMsg    = 0x01
)

var errProtocol = errors.New("tds: the client does not follow the protocol")

// readMessage returns the type and the body of the next message.
func readMessage(r io.Reader) (kind byte, body []byte, _ error) {
	for {
		var header [headerBytes]byte
		if _, err := io.ReadFull(r, header[:]); err != nil {
			return 0, nil, err
		}
		size := int(binary.BigEndian.Uint16(header[2:])) - headerBytes
		if size < 0 || len(body)+size > maxMessage {
			return 0, nil, errProtocol
		}
		part := make([]byte, size)
		if _, err := io.ReadFull(r, part); err != nil {
			return 0, nil, err
		}
		body = append(body, part...)
		if header[1]&endOfMsg != 0 {
			return header[0], body, nil
		}
	}
}

// writeMessage sends a message, in packets of at most packetBytes.
func writeMessage(w io.Writer, kind byte, body []byte) error {
	for number := byte(1); ; number++ {
		part := body[:min(len(body), packetBytes-headerBytes)]
		body = body[len(part):]
		packet := make([]byte, headerBytes, headerBytes+len(part))
		packet[0], packet[6] = kind, number
		if len(body) == 0 {
			packet[1] = endOfMsg
		}
		size := headerBytes + len(part)
		packet[2], packet[3] = byte(size>>8&0xff), byte(size&0xff)
		if _, err := w.Write(append(packet, part...)); err != nil || len(body) == 0 {
			return err
		}
	}
}
