package rotators

import (
	"cmp"
	"crypto/x509"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"rotunda/internal/rotation"
)

// parseServerURL reads a ProviderAddress of the form scheme://host:port?parameter=value and nothing else. defaultPorts
// has the schemes. The result always has a port.
func parseServerURL(text string, defaultPorts map[string]string, parameters ...string) (*url.URL, error) {
	parsed, err := url.Parse(text)
	if err != nil || defaultPorts[parsed.Scheme] == "" || parsed.Opaque != "" {
		return nil, wrongAddress(defaultPorts)
	}
	if parsed.User != nil {
		return nil, rotation.Permanentf("The tag ProviderAddress must not have a user or password; these belong in the secret's value.")
	}
	if strings.Trim(parsed.Path, "/") != "" || parsed.Fragment != "" {
		return nil, wrongAddress(defaultPorts)
	}
	if err := checkParameters(parsed, parameters); err != nil {
		return nil, err
	}
	host, port := strings.ToLower(parsed.Hostname()), cmp.Or(parsed.Port(), defaultPorts[parsed.Scheme])
	if !isHost(host) {
		return nil, wrongAddress(defaultPorts)
	}
	parsed.Host = net.JoinHostPort(host, port)
	if port, err := strconv.Atoi(parsed.Port()); err != nil || port < 1 || port > 65535 {
		return nil, rotation.Permanentf("The port in the tag ProviderAddress must be a number from 1 to 65535.")
	}
	return parsed, nil
}

func wrongAddress(defaultPorts map[string]string) error {
	var forms []string
	for scheme, port := range defaultPorts {
		forms = append(forms, scheme+"://host:"+port)
	}
	slices.Sort(forms)
	return rotation.Permanentf("The tag ProviderAddress must have the form %s.", strings.Join(forms, " or "))
}

// checkParameters refuses what it does not know: a misspelt sslmode must not go unseen. It does not quote it either: it may be a password.
func checkParameters(parsed *url.URL, known []string) error {
	query, err := url.ParseQuery(parsed.RawQuery)
	if err != nil {
		return rotation.Permanentf("The tag ProviderAddress has a query that can't be read.")
	}
	for name, values := range query {
		if !slices.Contains(known, name) || len(values) > 1 {
			return rotation.Permanentf("The tag ProviderAddress may have, once each, the query parameters %s and no others.", strings.Join(known, " and "))
		}
	}
	return nil
}

func checkRootsPath(parameter, path string) error {
	if path != "" && !filepath.IsAbs(path) {
		return rotation.Permanentf("The %s in the tag ProviderAddress must be an absolute path.", parameter)
	}
	return nil
}

// readRoots gives the certificates in a file; without a path nil, the system's.
func readRoots(path string) (*x509.CertPool, error) {
	if path == "" {
		return nil, nil
	}
	roots := x509.NewCertPool()
	pem, err := os.ReadFile(path)
	if err != nil || !roots.AppendCertsFromPEM(pem) {
		return nil, rotation.Permanentf("The file of certificates that the tag ProviderAddress names can't be read, or has none in PEM form.")
	}
	return roots, nil
}
