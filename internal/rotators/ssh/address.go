package ssh

import (
	"net"
	"strings"

	"golang.org/x/crypto/ssh"

	"rotunda/internal/lazyregexp"
	"rotunda/internal/rotation"
	"rotunda/internal/rotators/address"
)

// server is an SSH server, the keys by which it is known, and the file that it reads.
type server struct {
	address.Server
	hostKeys []string // fingerprints, such as SHA256:uNiVztksCsDhcc0u9e8BrqXVWM7XbWHwXbXcV/NFq3w
	file     string   // the user's authorized_keys
}

// String returns the server's address without parameters. It is the dialer's and callers' name of
// it.
func (s server) String() string { return s.Scheme + "://" + s.HostPort() }

var addressForm = address.Form{Ports: map[string]string{"ssh": "22"}, Parameters: []string{"file"}}

// defaultFile is where sshd looks by default, from the user's home folder (sshd_config(5),
// AuthorizedKeysFile).
const defaultFile = ".ssh/authorized_keys"

// isFile keeps what a shell or ssh would treat in another way out of the command that names the
// file.
var isFile = lazyregexp.New(`^[A-Za-z0-9._/][A-Za-z0-9._/-]*$`)

func parseAddress(text, hostKeys string) (server, error) {
	named, parameters, err := addressForm.Parse(text)
	if err != nil {
		return server{}, err
	}
	s := server{Server: named, file: parameters.Get("file")}
	if s.file == "" {
		s.file = defaultFile
	}
	if !isFile().MatchString(s.file) || strings.HasSuffix(s.file, "/") || strings.Contains(s.file, "..") {
		return s, rotation.Permanentf("The parameter file in the tag ProviderAddress must be the path of the user's authorized_keys, as the server's AuthorizedKeysFile has it: letters, digits and ._/- only.")
	}
	s.hostKeys, err = parseHostKeys(hostKeys)
	return s, err
}

// isFingerprint is the form in which OpenSSH shows a host key: SHA-256 in base64 without padding.
var isFingerprint = lazyregexp.New(`^SHA256:[A-Za-z0-9+/]{43}$`)

func parseHostKeys(text string) ([]string, error) {
	keys := strings.FieldsFunc(text, func(r rune) bool { return r == ' ' || r == ',' })
	for _, key := range keys {
		if !isFingerprint().MatchString(key) {
			keys = nil
		}
	}
	if len(keys) == 0 {
		return nil, rotation.Permanentf("The tag %s must be the fingerprint of the server's host key, such as SHA256:uNiVztksCsDhcc0u9e8BrqXVWM7XbWHwXbXcV/NFq3w, or several. On the server, run: ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub", rotation.TagSSHHostKey)
	}
	return keys, nil
}

// checkHostKey returns a callback that accepts the keys in the tag.
func (s server) checkHostKey(unknown *bool) ssh.HostKeyCallback {
	return func(_ string, _ net.Addr, key ssh.PublicKey) error {
		fingerprint := ssh.FingerprintSHA256(key)
		for _, known := range s.hostKeys {
			if fingerprint == known {
				return nil
			}
		}
		*unknown = true
		return errUnknownHost
	}
}
