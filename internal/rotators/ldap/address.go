package ldap

import (
	"rotunda/internal/rotation"
	"rotunda/internal/rotators/address"
	"rotunda/internal/rotators/tlsconfig"
)

// server is a directory server and how to connect to it.
type server struct {
	address.Server
	tls tlsconfig.Options
}

// String returns the server's address without parameters.
func (s server) String() string { return s.Scheme + "://" + s.HostPort() }

// startsTLS reports whether a connection begins in clear text and switches to TLS (RFC 4511,
// 4.14).
func (s server) startsTLS() bool { return s.Scheme == "ldap" && s.tls.Mode != tlsconfig.Disable }

var addressForm = address.Form{Ports: map[string]string{"ldap": "389", "ldaps": "636"}, Parameters: []string{"sslmode", "sslrootcert"}}

// parseAddress offers no sslmode=require: a simple bind sends the password as it is, and so goes
// to a verified server only.
func parseAddress(text string, trust rotation.Trust) (server, error) {
	named, parameters, err := addressForm.Parse(text)
	if err != nil {
		return server{}, err
	}
	modes := []tlsconfig.Mode{tlsconfig.VerifyCA, tlsconfig.VerifyFull}
	if named.Scheme == "ldap" {
		modes = append(modes, tlsconfig.Disable)
	}
	tls, err := tlsconfig.FromParameters(named.Host, parameters, trust, modes...)
	return server{Server: named, tls: tls}, err
}
