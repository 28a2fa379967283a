package ldap

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"time"

	ldap "github.com/go-ldap/ldap/v3"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/bounded"
)

// callTimeout bounds a login and the requests of one call.
const callTimeout = 10 * time.Second

// session is a connection that is logged in. A nil session may be closed.
type session struct {
	conn   *ldap.Conn
	wire   *messages
	server server
	end    func() // stops watching the caller's context
}

// logIn makes one connection and binds once. A login that is rejected most often has no error.
func (s server) logIn(ctx context.Context, as credential) (*session, rotation.Verdict, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	conn, err := s.dial(ctx)
	if err != nil {
		cancel()
		return nil, rotation.Unknown, s.fault(connecting, err)
	}
	wire := &messages{Conn: conn}
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	session := &session{ldap.NewConn(wire, true), wire, s, func() { stop(); cancel() }}
	session.conn.Start()
	verdict, err := session.bind(as)
	if verdict != rotation.Accepted {
		session.close()
		return nil, verdict, err
	}
	return session, verdict, nil
}

// open logs in where a login that is rejected is a fault.
func (s server) open(ctx context.Context, as credential) (*session, error) {
	session, verdict, err := s.logIn(ctx, as)
	if verdict == rotation.Rejected && err == nil {
		err = rotation.Permanentf("The directory at %s rejects the login that is to change the password: its password is wrong, or it does not exist. Correct the secret's value, or that of the secret that the tag AdminSecret names.", s)
	}
	return session, err
}

func (s *session) close() {
	if s != nil {
		_ = s.wire.Close() // the client would wait for its own goroutines
		_ = s.conn.Close()
		s.end()
	}
}

// dial connects, with TLS unless the address says otherwise. The client's own StartTLS reads the
// clear-text answer without a bound.
func (s server) dial(ctx context.Context) (_ net.Conn, err error) {
	config, err := s.tls.Config(s.Host)
	if err != nil {
		return nil, err
	}
	conn, err := bounded.Dial(ctx, "tcp", s.HostPort())
	if err != nil || config == nil {
		return conn, err
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	if s.startsTLS() {
		err = startTLS(conn)
	}
	encrypted := tls.Client(conn, config)
	if err == nil {
		err = encrypted.HandshakeContext(ctx)
	}
	if err != nil {
		_ = conn.Close()
		return nil, err
	}
	return encrypted, nil
}

// errNoTLS means that a server has no StartTLS.
var errNoTLS = errors.New("the server has no StartTLS")

// startTLSRequest is an extended request with the message id 1 and the name of StartTLS (RFC 4511,
// 4.12 and 4.14.1).
const startTLSRequest = "\x30\x1d\x02\x01\x01\x77\x18\x80\x16" + "1.3.6.1.4.1.1466.20037"

// startTLS asks for TLS. Its answer is an extended response (application tag 24), which begins
// with the result code.
func startTLS(conn net.Conn) error {
	if _, err := conn.Write([]byte(startTLSRequest)); err != nil {
		return err
	}
	answer, err := readMessage(conn, new(int))
	if err != nil {
		return err
	}
	_, size, _ := readLength(answer[1:])
	rest, ok := cut(answer[1+size:], 0x02) // the message id
	if !ok || len(rest) < 2 || rest[0] != 0x78 {
		return bounded.ErrUnexpected
	}
	_, size, _ = readLength(rest[1:])
	if result := rest[1+size:]; len(result) < 3 || result[0] != 0x0a || result[1] != 1 {
		return bounded.ErrUnexpected
	} else if result[2] != 0 {
		return errNoTLS
	}
	return nil
}

// cut returns what follows the element at the beginning of data, which must have an identifier.
func cut(data []byte, identifier byte) ([]byte, bool) {
	if len(data) == 0 || data[0] != identifier {
		return nil, false
	}
	length, size, ok := readLength(data[1:])
	if !ok || length > len(data)-1-size {
		return nil, false
	}
	return data[1+size+length:], true
}
