package rotators

import (
	"crypto/tls"
	"net"

	"rotunda/internal/rotation"
)

// redisAddress is a Redis server.
type redisAddress struct {
	scheme, host, port string
	cafile             string
}

func (a redisAddress) String() string { return a.scheme + "://" + a.hostport() }

func (a redisAddress) hostport() string { return net.JoinHostPort(a.host, a.port) }

func parseRedisAddress(text string) (redisAddress, error) {
	parsed, err := parseServerURL(text, map[string]string{"redis": "6379", "rediss": "6380"}, "cafile")
	if err != nil {
		return redisAddress{}, err
	}
	a := redisAddress{parsed.Scheme, parsed.Hostname(), parsed.Port(), parsed.Query().Get("cafile")}
	if a.cafile != "" && a.scheme != "rediss" {
		return a, rotation.Permanentf("The tag ProviderAddress has a cafile but no TLS: it must begin with rediss://.")
	}
	return a, checkRootsPath("cafile", a.cafile)
}

// tls gives nil for a server without.
func (a redisAddress) tls() (*tls.Config, error) {
	if a.scheme == "redis" {
		return nil, nil
	}
	roots, err := readRoots(a.cafile)
	return &tls.Config{MinVersion: tls.VersionTLS12, ServerName: a.host, RootCAs: roots}, err
}
