package ssh

import (
	"context"
	"errors"
	"io"
	"net"
	"slices"
	"strings"
	"time"

	"golang.org/x/crypto/ssh"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/bounded"
)

// callTimeout bounds a login and the commands of one call.
const callTimeout = 10 * time.Second

// session is a connection that is logged in. A nil session may be closed.
type session struct {
	client  *ssh.Client
	server  server
	hostKey string // the fingerprint of the key that the server has shown
	end     func() // stops watching the caller's context
}

func (s *session) close() {
	if s != nil {
		_ = s.client.Close()
		s.end()
	}
}

// hostKeyKinds are asked for one after another: a server shows one of its keys, and the tag may
// have another. No login is tried before the host key is right.
var hostKeyKinds = [][]string{
	{ssh.KeyAlgoED25519}, {ssh.KeyAlgoECDSA256, ssh.KeyAlgoECDSA384, ssh.KeyAlgoECDSA521}, {ssh.KeyAlgoRSASHA512, ssh.KeyAlgoRSASHA256},
}

// keyExchanges leaves out those with groups that a server chooses, which cost as much as it likes,
// and those of SHA-1.
var keyExchanges = []string{
	ssh.KeyExchangeMLKEM768X25519, ssh.KeyExchangeCurve25519, "curve25519-sha256@libssh.org",
	ssh.KeyExchangeECDHP256, ssh.KeyExchangeECDHP384, ssh.KeyExchangeECDHP521, ssh.KeyExchangeDH16SHA512, ssh.KeyExchangeDH14SHA256,
}

var (
	errUnknownHost  = errors.New("the host key is not in the tag")
	errNoPublicKeys = errors.New("the server offers no login by public key")
	errRejected     = errors.New("the server does not accept the key")
	errMoreAsked    = errors.New("the server accepts the key and asks for more, or refuses the login all the same")
)

// logIn connects and logs in once.
func (s server) logIn(ctx context.Context, user string, as key) (*session, rotation.Verdict, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	var err error
	for _, kinds := range hostKeyKinds {
		var session *session
		var verdict rotation.Verdict
		session, verdict, err = s.try(ctx, user, as, kinds)
		if session != nil {
			end := session.end
			session.end = func() { end(); cancel() }
			return session, verdict, nil
		}
		if verdict == rotation.Rejected || !isOtherHostKey(err) {
			cancel()
			return nil, verdict, s.fault(loggingIn, err)
		}
	}
	cancel()
	return nil, rotation.Unknown, s.fault(loggingIn, errUnknownHost)
}

// isOtherHostKey reports whether another kind of host key may be the right one.
func isOtherHostKey(err error) bool {
	_, none := errors.AsType[*ssh.AlgorithmNegotiationError](err)
	return errors.Is(err, errUnknownHost) || none
}

// try connects and asks for one kind of host key.
func (s server) try(ctx context.Context, user string, as key, kinds []string) (*session, rotation.Verdict, error) {
	conn, err := bounded.Dial(ctx, "tcp", s.HostPort())
	if err != nil {
		return nil, rotation.Unknown, err
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	heard := &answers{AlgorithmSigner: as.signer}
	var unknown bool
	check, hostKey := s.checkHostKey(&unknown), ""
	config := &ssh.ClientConfig{
		Config: ssh.Config{KeyExchanges: keyExchanges}, User: user, ClientVersion: "SSH-2.0-Rotunda", HostKeyAlgorithms: kinds,
		Auth: []ssh.AuthMethod{ssh.PublicKeysCallback(heard.signers)},
		HostKeyCallback: func(host string, remote net.Addr, key ssh.PublicKey) error {
			hostKey = ssh.FingerprintSHA256(key)
			return check(host, remote, key)
		},
	}
	connection, channels, requests, err := ssh.NewClientConn(conn, s.HostPort(), config)
	if err != nil {
		stop()
		_ = conn.Close()
		if unknown {
			err = errUnknownHost
		}
		return nil, heard.verdict(&err), err
	}
	return &session{ssh.NewClient(connection, channels, requests), s, hostKey, func() { stop() }}, rotation.Accepted, nil
}

// answers is a signer that notes what the server says to its key. A server is asked whether it
// accepts a key before it is sent a signature (RFC 4252, 7).
type answers struct {
	ssh.AlgorithmSigner
	offered, accepted bool
}

func (a *answers) signers() ([]ssh.Signer, error) {
	a.offered = true
	return []ssh.Signer{a}, nil
}

// SignWithAlgorithm implements ssh.AlgorithmSigner.
func (a *answers) SignWithAlgorithm(random io.Reader, data []byte, algorithm string) (*ssh.Signature, error) {
	a.accepted = true
	return a.AlgorithmSigner.SignWithAlgorithm(random, data, algorithm)
}

// verdict returns what a login that failed with err says about the key. The client says that it is
// out of methods only if the server has answered each.
func (a *answers) verdict(err *error) rotation.Verdict {
	ended := strings.Contains((*err).Error(), "ssh: unable to authenticate, attempted methods")
	switch {
	case ended && !a.offered:
		*err = errNoPublicKeys
	case ended && a.accepted:
		*err = errMoreAsked
	case ended:
		*err = errRejected
		return rotation.Rejected
	}
	return rotation.Unknown
}

// run runs a command with what it reads, and returns what it writes, up to a bound.
func (s *session) run(command string, input []byte) ([]byte, error) {
	channel, err := s.client.NewSession()
	if _, refused := errors.AsType[*ssh.OpenChannelError](err); refused {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer func() { _ = channel.Close() }()
	channel.Stdin = strings.NewReader(string(input))
	var out limited
	channel.Stdout = &out
	err = channel.Run(command)
	if isRefusal(err) {
		err = nil // what it wrote says more
	}
	return slices.Clone(out.text), err
}

// isRefusal reports whether the server would not run a command, or the command failed.
func isRefusal(err error) bool {
	_, exited := errors.AsType[*ssh.ExitError](err)
	_, missing := errors.AsType[*ssh.ExitMissingError](err)
	return exited || missing || err != nil && strings.HasPrefix(err.Error(), "ssh: command ")
}

// limited keeps the beginning of what is written to it.
type limited struct{ text []byte }

func (l *limited) Write(p []byte) (int, error) {
	if len(l.text)+len(p) > bounded.MaxMessage+maxHeader {
		return 0, bounded.ErrUnexpected
	}
	l.text = append(l.text, p...)
	return len(p), nil
}
