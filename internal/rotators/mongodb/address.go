package mongodb

import (
	"cmp"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/address"
	"rotunda/internal/rotators/tlsconfig"
)

// server is a MongoDB server and how to connect to it. Its Database has the users.
type server struct {
	address.Server
	tls tlsconfig.Options
}

// String returns the server's address without parameters.
func (s server) String() string { return s.Scheme + "://" + s.HostPort() }

// adminDatabase is where administrators are users, and others too if nothing else is said.
const adminDatabase = "admin"

var addressForm = address.Form{Ports: map[string]string{"mongodb": "27017"}, Database: true, Parameters: []string{"tls", "tlsCAFile"}}

// parseAddress reads an address. New passwords go to the server as they are, so there is no TLS
// that does not verify it.
func parseAddress(text string, trust rotation.Trust) (server, error) {
	named, parameters, err := addressForm.Parse(text)
	if err != nil {
		return server{}, err
	}
	s, mode, roots := server{Server: named}, tlsconfig.VerifyFull, parameters.Get("tlsCAFile")
	s.Database = cmp.Or(s.Database, adminDatabase)
	switch parameters.Get("tls") {
	case "", "true":
	case "false":
		mode = tlsconfig.Disable
	default:
		return s, rotation.Permanentf("The parameter tls in the tag ProviderAddress must be true, which is the default, or false.")
	}
	if roots != "" && mode == tlsconfig.Disable {
		return s, rotation.Permanentf("The tag ProviderAddress has a tlsCAFile and tls=false. Remove one of them.")
	}
	s.tls, err = tlsconfig.New(s.Host, mode, "tlsCAFile", roots, trust)
	return s, err
}
