package rabbitmq

import (
	"rotunda/internal/rotation"
	"rotunda/internal/rotators/address"
	"rotunda/internal/rotators/tlsconfig"
)

// server is where a management API is and how to connect to it.
type server struct {
	address.Server
	tls tlsconfig.Options
}

// String returns the server's address without parameters.
func (s server) String() string { return s.Scheme + "://" + s.HostPort() }

// plain reports whether connections to the server are not encrypted.
func (s server) plain() bool { return s.tls.Mode == tlsconfig.Disable }

// The port is that of the management API with TLS (rabbitmq/rabbitmq-website docs/management.md).
var addressForm = address.Form{Ports: map[string]string{"rabbitmq": "15671"}, Parameters: []string{"sslmode", "sslrootcert"}}

func parseAddress(text string, trust rotation.Trust) (server, error) {
	named, parameters, err := addressForm.Parse(text)
	if err != nil {
		return server{}, err
	}
	s := server{Server: named}
	s.tls, err = tlsconfig.FromParameters(s.Host, parameters, trust, tlsconfig.Disable, tlsconfig.Require, tlsconfig.VerifyCA, tlsconfig.VerifyFull)
	return s, err
}
