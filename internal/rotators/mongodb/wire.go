package mongodb

import (
	"context"
	"encoding/binary"
	"io"
	"net"
	"time"

	"go.mongodb.org/mongo-driver/v2/x/bsonx/bsoncore"

	"rotunda/internal/rotators/bounded"
)

// callTimeout bounds one command, and the handshake.
const callTimeout = 10 * time.Second

// A message is a header of four 32-bit numbers (its length, its id, the id that it responds to,
// and the code), flags, and a section of kind 0, which is a document (mongodb/specifications
// source/message/OP_MSG.md).
const (
	opMsg      = 2013
	headerSize = 16
	flagsSize  = 4
	minMessage = headerSize + flagsSize + 1 + 5 // the shortest document has five bytes
	checksum   = 1                              // the flag for four more bytes at the end
)

// link exchanges messages over one connection.
type link struct {
	conn net.Conn
	id   uint32
}

// exchange sends a command and receives the response. The caller's time bounds both.
func (l *link) exchange(ctx context.Context, command fields) (bsoncore.Document, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	stop := context.AfterFunc(ctx, func() { _ = l.conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	l.id++
	if _, err := l.conn.Write(encode(l.id, command)); err != nil {
		return nil, causeOf(ctx, err)
	}
	received, err := receive(l.conn, l.id)
	return received, causeOf(ctx, err)
}

// causeOf returns why a connection ended: its deadline passes when the caller's time does.
func causeOf(ctx context.Context, err error) error {
	if err != nil && ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

func encode(id uint32, command fields) []byte {
	body := command.encode()
	message := binary.LittleEndian.AppendUint32(nil, uint32(minMessage-5+len(body))) //nolint:gosec // commands are short
	message = binary.LittleEndian.AppendUint32(message, id)
	message = binary.LittleEndian.AppendUint32(message, 0)
	message = binary.LittleEndian.AppendUint32(message, opMsg)
	message = append(message, 0, 0, 0, 0, 0) // no flags, and the section's kind
	return append(message, body...)
}

// receive reads the response to a message.
func receive(conn io.Reader, id uint32) (bsoncore.Document, error) {
	header := make([]byte, headerSize)
	if _, err := io.ReadFull(conn, header); err != nil {
		return nil, err
	}
	length := binary.LittleEndian.Uint32(header)
	if length < minMessage || length > bounded.MaxMessage || binary.LittleEndian.Uint32(header[8:]) != id || binary.LittleEndian.Uint32(header[12:]) != opMsg {
		return nil, bounded.ErrUnexpected
	}
	rest := make([]byte, length-headerSize)
	if _, err := io.ReadFull(conn, rest); err != nil {
		return nil, err
	}
	return decode(rest)
}

// decode returns the document of a message, without its header. A server that sends others than a
// single one of kind 0, or flags that we did not ask for, is none of MongoDB's.
func decode(rest []byte) (bsoncore.Document, error) {
	flags := binary.LittleEndian.Uint32(rest)
	if flags&checksum != 0 && len(rest) >= 4 {
		rest = rest[:len(rest)-4]
	}
	if flags&^checksum != 0 || len(rest) < flagsSize+1+5 || rest[flagsSize] != 0 {
		return nil, bounded.ErrUnexpected
	}
	document := bsoncore.Document(rest[flagsSize+1:])
	if int64(binary.LittleEndian.Uint32(document)) != int64(len(document)) || document.Validate() != nil {
		return nil, bounded.ErrUnexpected
	}
	return document, nil
}
