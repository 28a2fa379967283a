// Package tlsconfig is how a rotator's client makes sure that a server is the one that the tag
// ProviderAddress names.
package tlsconfig

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"rotunda/internal/rotation"
)

// Mode is a value of the parameter sslmode. libpq's allow and prefer are left out: with these,
// anyone between client and server can make the client log in without TLS.
type Mode string

// The modes.
const (
	Disable    Mode = "disable"     // no TLS
	Require    Mode = "require"     // TLS with any certificate
	VerifyCA   Mode = "verify-ca"   // a certificate from a trusted authority
	VerifyFull Mode = "verify-full" // a certificate from a trusted authority for the server's host
)

// Verifies reports whether the mode checks the server's certificate.
func (m Mode) Verifies() bool { return m == VerifyCA || m == VerifyFull }

// Options are what an address says about TLS.
type Options struct {
	Mode      Mode
	RootsFile string // certificates of trusted authorities in PEM form; "" for the system's
}

// New returns options whose roots file was read from a parameter of an address.
func New(mode Mode, parameter, rootsFile string) (Options, error) {
	if rootsFile != "" && !filepath.IsAbs(rootsFile) {
		return Options{}, rotation.Permanentf("The %s in the tag ProviderAddress must be an absolute path.", parameter)
	}
	return Options{mode, rootsFile}, nil
}

// FromParameters reads sslmode, which is one of offered or absent for verify-full, and
// sslrootcert.
func FromParameters(parameters url.Values, offered ...Mode) (Options, error) {
	mode, roots := Mode(parameters.Get("sslmode")), parameters.Get("sslrootcert")
	switch {
	case mode == "":
		mode = VerifyFull
	case !slices.Contains(offered, mode):
		return Options{}, rotation.Permanentf("The sslmode in the tag ProviderAddress must be %s, or absent for %s.", list(offered), VerifyFull)
	case roots != "" && !mode.Verifies():
		verifying := slices.DeleteFunc(slices.Clone(offered), func(m Mode) bool { return !m.Verifies() })
		return Options{}, rotation.Permanentf("The sslrootcert in the tag ProviderAddress has no effect with this sslmode. Set sslmode to %s, or remove sslrootcert.", list(verifying))
	}
	return New(mode, "sslrootcert", roots)
}

func list(modes []Mode) string {
	names := make([]string, len(modes))
	for i, mode := range modes {
		names[i] = string(mode)
	}
	return strings.Join(names, " or ")
}

// Config returns the configuration for a connection to host, or nil for one without TLS.
func (o Options) Config(host string) (*tls.Config, error) {
	if o.Mode == Disable {
		return nil, nil
	}
	roots, err := o.roots()
	if err != nil {
		return nil, err
	}
	config := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: host, RootCAs: roots}
	switch o.Mode {
	case Require:
		config.InsecureSkipVerify = true // that is what the mode means
	case VerifyCA:
		config.InsecureSkipVerify = true // verifyChain checks everything but the name
		config.VerifyConnection = verifyChain(roots)
	}
	return config, nil
}

// roots returns the certificates in the file; nil stands for the system's.
func (o Options) roots() (*x509.CertPool, error) {
	if o.RootsFile == "" {
		return nil, nil
	}
	roots := x509.NewCertPool()
	pem, err := os.ReadFile(o.RootsFile)
	if err != nil || !roots.AppendCertsFromPEM(pem) {
		return nil, rotation.Permanentf("The file of certificates that the tag ProviderAddress names can't be read, or has no certificate in PEM form.")
	}
	return roots, nil
}

func verifyChain(roots *x509.CertPool) func(tls.ConnectionState) error {
	return func(state tls.ConnectionState) error {
		options := x509.VerifyOptions{Roots: roots, Intermediates: x509.NewCertPool()}
		for _, certificate := range state.PeerCertificates[1:] {
			options.Intermediates.AddCert(certificate)
		}
		_, err := state.PeerCertificates[0].Verify(options)
		return err
	}
}

// IsUntrusted reports whether a connection failed because the server's certificate was not
// accepted.
func IsUntrusted(err error) bool {
	var verification *tls.CertificateVerificationError
	var unknown x509.UnknownAuthorityError
	var hostname x509.HostnameError
	var invalid x509.CertificateInvalidError
	return errors.As(err, &verification) || errors.As(err, &unknown) || errors.As(err, &hostname) || errors.As(err, &invalid)
}
