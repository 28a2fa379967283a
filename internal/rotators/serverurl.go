package rotators

import (
	"crypto/x509"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"rotunda/internal/rotation"
)

// checkParameters refuses what it does not know: a misspelt sslmode must not go unseen. It does not quote it either: it may be a password.
func checkParameters(parsed *url.URL, known []string) error {
	query, err := url.ParseQuery(parsed.RawQuery)
	if err != nil {
		return rotation.Wrongf("The tag ProviderAddress has a query that can't be read.")
	}
	for name, values := range query {
		if !slices.Contains(known, name) || len(values) > 1 {
			return rotation.Wrongf("The tag ProviderAddress may have, once each, the query parameters %s and no others.", strings.Join(known, " and "))
		}
	}
	return nil
}

func checkRootsPath(parameter, path string) error {
	if path != "" && !filepath.IsAbs(path) {
		return rotation.Wrongf("The %s in the tag ProviderAddress must be an absolute path.", parameter)
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
		return nil, rotation.Wrongf("The file of certificates that the tag ProviderAddress names can't be read, or has none in PEM form.")
	}
	return roots, nil
}
