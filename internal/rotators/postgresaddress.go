package rotators

import (
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"rotunda/internal/rotation"
)

// The values of sslmode. libpq's allow and prefer are left out: they log in without TLS where somebody wants that.
const (
	sslDisable    = "disable"
	sslRequire    = "require"
	sslVerifyCA   = "verify-ca"
	sslVerifyFull = "verify-full"
)

// postgresAddress is a database of a server, and how to be sure that it is that server.
type postgresAddress struct {
	host     string
	port     uint16
	database string
	sslMode  string
	rootCert string // a file; "": the system's certificates
}

func (a postgresAddress) String() string {
	return "postgres://" + net.JoinHostPort(a.host, strconv.Itoa(int(a.port))) + "/" + url.PathEscape(a.database)
}

// parsePostgresAddress quotes nothing: somebody may have put a password where none belongs.
func parsePostgresAddress(text string) (postgresAddress, error) {
	parsed, err := url.Parse(text)
	if err != nil || parsed.Scheme != "postgres" && parsed.Scheme != "postgresql" || parsed.Opaque != "" || parsed.Fragment != "" {
		return postgresAddress{}, rotation.Permanentf("The tag ProviderAddress must have the form postgres://host:port/database.")
	}
	if parsed.User != nil {
		return postgresAddress{}, rotation.Permanentf("The tag ProviderAddress must not have a user or password; these belong in the secret's value.")
	}
	if err := checkParameters(parsed, []string{"sslmode", "sslrootcert"}); err != nil {
		return postgresAddress{}, err
	}
	a := postgresAddress{host: strings.ToLower(parsed.Hostname()), sslMode: parsed.Query().Get("sslmode"), rootCert: parsed.Query().Get("sslrootcert")}
	if !isHost(a.host) {
		return a, rotation.Permanentf("The host in the tag ProviderAddress must be one host name or IP address.")
	}
	if a.port, err = postgresPort(parsed); err != nil {
		return a, err
	}
	if a.database, err = postgresDatabase(parsed.Path); err != nil {
		return a, err
	}
	return a.withTLS()
}

// isHost refuses lists of hosts and paths of sockets, which the driver would take.
func isHost(host string) bool {
	if ip, err := netip.ParseAddr(host); err == nil {
		return ip.Zone() == ""
	}
	return host != "" && strings.Trim(host, "abcdefghijklmnopqrstuvwxyz0123456789.-_") == ""
}

func postgresPort(parsed *url.URL) (uint16, error) {
	if parsed.Port() == "" {
		return 5432, nil
	}
	port, err := strconv.ParseUint(parsed.Port(), 10, 16)
	if err != nil || port == 0 {
		return 0, rotation.Permanentf("The port in the tag ProviderAddress must be a number from 1 to 65535.")
	}
	return uint16(port), nil
}

func postgresDatabase(path string) (string, error) {
	name := strings.TrimPrefix(path, "/")
	if name == "" {
		return "postgres", nil
	}
	if len(name) > maxPostgresName || strings.ContainsFunc(name, isControl) || strings.Contains(name, "/") {
		return "", rotation.Permanentf("The path in the tag ProviderAddress must be the name of one database.")
	}
	return name, nil
}

// withTLS checks what the query says of TLS; without a word of it, the server's certificate must be right in all.
func (a postgresAddress) withTLS() (postgresAddress, error) {
	switch a.sslMode {
	case "":
		a.sslMode = sslVerifyFull
	case sslVerifyCA, sslVerifyFull:
	case sslDisable, sslRequire:
		if a.rootCert != "" {
			return a, rotation.Permanentf("The sslrootcert in the tag ProviderAddress is of use only with sslmode=verify-full or verify-ca.")
		}
	default:
		return a, rotation.Permanentf("The sslmode in the tag ProviderAddress must be disable, require, verify-ca or verify-full, or absent for verify-full.")
	}
	return a, checkRootsPath("sslrootcert", a.rootCert)
}
