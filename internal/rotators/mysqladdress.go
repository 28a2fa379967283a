package rotators

import (
	"crypto/tls"
	"net"

	"rotunda/internal/rotation"
)

// mysqlAddress is a MariaDB or MySQL server.
type mysqlAddress struct {
	host, port  string
	sslmode     string
	sslrootcert string
}

func (a mysqlAddress) String() string { return "mysql://" + a.hostport() }

func (a mysqlAddress) hostport() string { return net.JoinHostPort(a.host, a.port) }

func parseMySQLAddress(text string) (mysqlAddress, error) {
	parsed, err := parseServerURL(text, map[string]string{"mysql": "3306", "mariadb": "3306"}, "sslmode", "sslrootcert")
	if err != nil {
		return mysqlAddress{}, err
	}
	query := parsed.Query()
	a := mysqlAddress{parsed.Hostname(), parsed.Port(), query.Get("sslmode"), query.Get("sslrootcert")}
	switch a.sslmode {
	case "":
		a.sslmode = sslVerifyFull
	case sslDisable, sslRequire, sslVerifyFull:
	default:
		return a, rotation.Permanentf("The sslmode in the tag ProviderAddress must be disable, require or verify-full, the default.")
	}
	if a.sslrootcert != "" && a.sslmode != sslVerifyFull {
		return a, rotation.Permanentf("The sslrootcert in the tag ProviderAddress is of use with sslmode=verify-full only.")
	}
	return a, checkRootsPath("sslrootcert", a.sslrootcert)
}

// tls gives nil for a connection without.
func (a mysqlAddress) tls() (*tls.Config, error) {
	switch a.sslmode {
	case sslDisable:
		return nil, nil
	case sslRequire:
		return &tls.Config{MinVersion: tls.VersionTLS12, InsecureSkipVerify: true}, nil //nolint:gosec // who sets sslmode=require wants it
	}
	roots, err := readRoots(a.sslrootcert)
	return &tls.Config{MinVersion: tls.VersionTLS12, ServerName: a.host, RootCAs: roots}, err
}
