package testserver

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"encoding/pem"
	"net"
	"os"
	"os/user"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/crypto/ssh"
)

var sshd = program{product: "OpenSSH", install: "apt-get install openssh-server", name: "sshd", places: []string{"/usr/sbin"}}

// SSHD is an SSH server on 127.0.0.1. Whoever runs the tests may log in, into a home folder of the
// test's own.
type SSHD struct {
	server
	User     string
	HostKeys []string // the fingerprints, of Ed25519 and RSA
	Keys     string   // the path of the user's authorized_keys
}

// StartSSHD starts a server that ends with the test. settings are further lines of its
// configuration.
func StartSSHD(t testing.TB, settings ...string) *SSHD {
	t.Helper()
	path := sshd.path(t)
	s := &SSHD{}
	s.open(t, t)
	s.as = nil // an sshd that is not root lets only its own user in
	me, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	s.User, s.Keys = me.Username, s.path("home/.ssh/authorized_keys")
	if err := os.MkdirAll(filepath.Dir(s.Keys), 0o700); err != nil {
		t.Fatal(err)
	}
	if os.Getuid() == 0 { // where sshd changes its root to; the package makes it at each start of the machine
		if err := os.MkdirAll("/run/sshd", 0o755); err != nil {
			t.Fatal(err)
		}
	}
	settings = append(settings, "ListenAddress "+s.Addr, "AuthorizedKeysFile "+s.Keys, "SetEnv HOME="+s.path("home"), "PidFile none", "LogLevel VERBOSE",
		"UsePAM no", "StrictModes no", "PermitRootLogin yes", "PasswordAuthentication no", "KbdInteractiveAuthentication no")
	settings = append(settings, s.hostKeys(t)...)
	s.ready, s.quit = s.answers, syscall.SIGTERM
	s.command = []string{path, "-D", "-e", "-f", s.write(t, "sshd_config", strings.Join(settings, "\n")+"\n")}
	s.Start(t)
	return s
}

func (s *SSHD) hostKeys(t testing.TB) (settings []string) {
	t.Helper()
	_, ed, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	other, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	for name, key := range map[string]any{"ed25519": ed, "rsa": other} {
		block, err := ssh.MarshalPrivateKey(key, "")
		if err != nil {
			t.Fatal(err)
		}
		signer, err := ssh.NewSignerFromKey(key)
		if err != nil {
			t.Fatal(err)
		}
		s.HostKeys = append(s.HostKeys, ssh.FingerprintSHA256(signer.PublicKey()))
		settings = append(settings, "HostKey "+s.write(t, "host_"+name, string(pem.EncodeToMemory(block))))
	}
	return settings
}

// answers returns nil if the server accepts connections.
func (s *SSHD) answers(ctx context.Context) error {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", s.Addr)
	if err != nil {
		return err
	}
	return conn.Close()
}
