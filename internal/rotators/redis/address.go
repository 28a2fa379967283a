package redis

import (
	"rotunda/internal/rotation"
	"rotunda/internal/rotators/address"
	"rotunda/internal/rotators/tlsconfig"
)

// server is a Redis server and how to connect to it.
type server struct {
	address.Server
	tls tlsconfig.Options
}

// String returns the server's address without parameters.
func (s server) String() string { return s.Scheme + "://" + s.HostPort() }

var addressForm = address.Form{Ports: map[string]string{"redis": "6379", "rediss": "6380"}, Parameters: []string{"cafile"}}

func parseAddress(text string, trust rotation.Trust) (server, error) {
	named, parameters, err := addressForm.Parse(text)
	if err != nil {
		return server{}, err
	}
	s, mode, roots := server{Server: named}, tlsconfig.VerifyFull, parameters.Get("cafile")
	if s.Scheme == "redis" {
		mode = tlsconfig.Disable
	}
	if roots != "" && mode == tlsconfig.Disable {
		return s, rotation.Permanentf("The tag ProviderAddress has a cafile but no TLS. For TLS, begin it with rediss://.")
	}
	s.tls, err = tlsconfig.New(s.Host, mode, "cafile", roots, trust)
	return s, err
}
