package mysqld

import (
	"bytes"
	"crypto/rand"
	"crypto/tls"
	"encoding/binary"
	"errors"
)

const plugin = "caching_sha2_password"

// The capabilities (page_protocol_basic ... group__group__cs__capabilities__flags) that the server
// has, or looks for.
const (
	connectWithDB = 0x8
	protocol41    = 0x200
	withTLS       = 0x800
	secureLogin   = 0x8000
	pluginLogin   = 0x80000
	longAnswers   = 0x200000 // the login's answer has a length-encoded length
	capabilities  = 0x1 | connectWithDB | protocol41 | withTLS | 0x2000 | secureLogin | pluginLogin | longAnswers
)

// logIn greets, starts TLS and always asks for the password itself, as MySQL does of an account
// that has not logged in yet (page_caching_sha2_authentication_exchanges).
func (c *session) logIn() error {
	challenge := []byte(rand.Text()[:20])
	if err := c.write(greeting(challenge)); err != nil {
		return err
	}
	request, err := c.read()
	if err != nil {
		return err
	}
	if len(request) < 32 || binary.LittleEndian.Uint32(request)&withTLS == 0 {
		return errors.Join(c.fail(secureTransport), errProtocol)
	}
	secure := tls.Server(c.conn, c.server.secure)
	if err := secure.Handshake(); err != nil {
		return err
	}
	c.conn = secure
	response, err := c.read()
	if err != nil {
		return err
	}
	user, chosen, err := parseResponse(response)
	if err != nil {
		return err
	}
	password, err := c.askPassword(chosen, challenge)
	if err != nil {
		return err
	}
	var number uint16
	if c.as, number = c.server.logIn(user, password); number != 0 {
		return errors.Join(c.fail(number), errProtocol)
	}
	c.active = c.as.DefaultRole
	return c.write(ok)
}

func greeting(challenge []byte) []byte {
	b := append([]byte{10}, Version+"\x00\x01\x00\x00\x00"...)
	b = append(append(b, challenge[:8]...), 0)
	b = binary.LittleEndian.AppendUint16(b, capabilities&0xffff)
	b = append(b, 0xff, 2, 0) // utf8mb4, and autocommit
	b = binary.LittleEndian.AppendUint16(b, capabilities>>16)
	b = append(append(b, 21), make([]byte, 10)...)
	b = append(append(b, challenge[8:]...), 0)
	return append(b, plugin+"\x00"...)
}

// parseResponse reads a client's answer to the greeting
// (page_protocol_connection_phase_packets_protocol_handshake_response).
func parseResponse(body []byte) (user, chosen string, err error) {
	if len(body) < 32 {
		return "", "", errProtocol
	}
	flags := binary.LittleEndian.Uint32(body)
	name, rest, found := bytes.Cut(body[32:], []byte{0})
	if !found || len(rest) == 0 || int(rest[0]) > len(rest)-1 {
		return "", "", errProtocol
	}
	rest = rest[1+int(rest[0]):]
	if flags&connectWithDB != 0 {
		_, rest, _ = bytes.Cut(rest, []byte{0})
	}
	by, _, _ := bytes.Cut(rest, []byte{0})
	return string(name), string(by), nil
}

// askPassword switches the client to the server's plugin if it began with another.
func (c *session) askPassword(chosen string, challenge []byte) (string, error) {
	if chosen != plugin {
		if err := c.write([]byte("\xfe" + plugin + "\x00" + string(challenge) + "\x00")); err != nil {
			return "", err
		}
		if _, err := c.read(); err != nil {
			return "", err
		}
	}
	if err := c.write([]byte{1, 4}); err != nil { // go on with the full login
		return "", err
	}
	password, err := c.read()
	return string(bytes.TrimSuffix(password, []byte{0})), err
}
