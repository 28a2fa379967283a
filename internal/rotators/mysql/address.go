package mysql

import (
	"rotunda/internal/rotation"
	"rotunda/internal/rotators/address"
	"rotunda/internal/rotators/tlsconfig"
)

// server is a MariaDB or MySQL server and how to connect to it.
type server struct {
	address.Server
	tls tlsconfig.Options
}

// String returns the server's address without parameters, the same for both schemes.
func (s server) String() string { return "mysql://" + s.HostPort() }

var addressForm = address.Form{
	Ports:      map[string]string{"mysql": "3306", "mariadb": "3306"},
	Parameters: []string{"sslmode", "sslrootcert"},
}

func parseAddress(text string, trust rotation.Trust) (server, error) {
	named, parameters, err := addressForm.Parse(text)
	if err != nil {
		return server{}, err
	}
	tls, err := tlsconfig.FromParameters(named.Host, parameters, trust, tlsconfig.Disable, tlsconfig.Require, tlsconfig.VerifyCA, tlsconfig.VerifyFull)
	return server{named, tls}, err
}
