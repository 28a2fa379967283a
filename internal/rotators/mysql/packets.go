package mysql

import (
	"bytes"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/bounded"
)

// The first bytes of a server's packets.
const (
	isOK           = 0x00
	isMoreLogin    = 0x01
	isEnd          = 0xfe // of rows; while logging in, a request for another plugin
	isError        = 0xff
	fastLogin      = 0x03 // after isMoreLogin: caching_sha2_password needs no more
	moreResults    = 0x08 // SERVER_MORE_RESULTS_EXISTS
	maxColumns     = 128
	greetingBytes  = 44 // after the version: the connection's id, the challenge, flags and so on
	challengeBytes = 20
)

// errWantsPassword is for servers that let a client encrypt its password with whatever key they
// send, or send it as it is.
var errWantsPassword = rotation.Permanentf("The server asks for the password itself, and nothing proves who the server is. Set sslmode to verify-full, or to verify-ca with sslrootcert, in the tag ProviderAddress.")

func must(ok bool) error {
	if !ok {
		return bounded.ErrUnexpected
	}
	return nil
}

// greetingFlags returns the second byte of the server's capabilities.
func greetingFlags(body []byte) (flags byte, ok bool) {
	end := bytes.IndexByte(body, 0)
	if end < 0 || len(body) < end+1+greetingBytes {
		return 0, false
	}
	return body[end+1+4+8+1+1], true
}

func (w *wire) checkLogin(body []byte) error {
	switch body[0] {
	case isOK:
		w.phase, w.shift = rows, 0
		return checkOK(body)
	case isEnd:
		name, challenge, _ := bytes.Cut(body[1:], []byte{0})
		return must(string(name) != nativePlugin || len(bytes.TrimSuffix(challenge, []byte{0})) >= challengeBytes)
	case isMoreLogin:
		return w.checkMoreLogin(body[1:])
	}
	return bounded.ErrUnexpected
}

// endChallenge returns the packet with one more 0 at its end if it is a request for ed25519. The
// driver takes a last 0 for the end of the challenge, but MariaDB sends 32 random bytes and no end
// (MariaDB/server, plugin/auth_ed25519/server_ed25519.c). One login of 256 failed.
func endChallenge(packet []byte) []byte {
	if !bytes.HasPrefix(packet[headerBytes:], []byte("\xfe"+edPlugin+"\x00")) {
		return packet
	}
	for i := range 3 { // the size, of three bytes, is one more
		packet[i]++
		if packet[i] != 0 {
			break
		}
	}
	return append(packet, 0)
}

func (w *wire) checkMoreLogin(data []byte) error {
	switch {
	case len(data) == 1 && data[0] == fastLogin:
		return nil
	case !w.verified:
		return errWantsPassword
	case len(data) <= 1:
		return nil
	}
	return must(isRSAKey(data))
}

// isRSAKey reports whether data is a key of the only kind that the driver expects.
func isRSAKey(data []byte) bool {
	block, _ := pem.Decode(data)
	if block == nil {
		return false
	}
	key, err := x509.ParsePKIXPublicKey(block.Bytes)
	_, ok := key.(*rsa.PublicKey)
	return err == nil && ok
}

// checkAnswer refuses many columns, and requests for a file of the client.
func checkAnswer(body []byte) error {
	if body[0] == isOK {
		return checkOK(body)
	}
	return must(body[0] <= maxColumns)
}

// checkOK refuses an OK that more results follow: the driver would read another count of columns.
func checkOK(body []byte) error {
	after, ok := afterNumber(body[1:])
	if ok {
		after, ok = afterNumber(after)
	}
	return must(ok && len(after) >= 4 && after[0]&moreResults == 0)
}

// checkRow refuses an end of rows that more results follow. It has one of two forms: warnings and
// status, or an OK with two numbers that are 0 here, and the status; in both the status is at 3.
// No other packet begins so: a text as long as isEnd says exceeds MaxMessage.
func checkRow(body []byte) error {
	if body[0] != isEnd {
		return nil
	}
	isOldForm, isNewForm := len(body) == 5, len(body) >= 7 && body[1] == 0 && body[2] == 0
	return must((isOldForm || isNewForm) && body[3]&moreResults == 0)
}

func checkError(body []byte) error {
	return must(len(body) >= 4 && (body[3] != '#' || len(body) >= 9))
}

// afterNumber skips a length-encoded integer.
func afterNumber(data []byte) (after []byte, ok bool) {
	if len(data) == 0 {
		return nil, false
	}
	size := 1
	switch data[0] {
	case 0xfc:
		size += 2
	case 0xfd:
		size += 3
	case 0xfe:
		size += 8
	case 0xfb, 0xff:
		return nil, false
	}
	if len(data) < size {
		return nil, false
	}
	return data[size:], true
}
