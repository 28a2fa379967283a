// Package tlsconfig is how a rotator's client makes sure that a server is the one that the tag
// ProviderAddress names.
package tlsconfig

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"io/fs"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"unicode"

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

// Options are what an address and the app's settings say about TLS.
type Options struct {
	Mode      Mode
	RootsFile string // the name of a file of trusted authorities; "" for the system's

	cas fs.FS // has the file
}

// New returns options for a connection to host. The name of the roots file was read from a
// parameter of the address.
func New(host string, mode Mode, parameter, rootsFile string, trust rotation.Trust) (Options, error) {
	switch {
	case mode == Disable && !trust.Plaintext && !IsThisMachine(host):
		return Options{}, rotation.Permanentf("The tag ProviderAddress asks for a connection without TLS, which would send credentials in clear text. Use TLS; or, on a trusted network, set the app's setting ROTATION_ALLOW_PLAINTEXT to true.")
	case rootsFile == "":
		return Options{Mode: mode}, nil
	case !isFileName(rootsFile):
		return Options{}, rotation.Permanentf("The %s in the tag ProviderAddress must be the name of a file without its folder, such as ca.pem. The file must be in the folder that the app's setting ROTATION_CA_FOLDER names.", parameter)
	case trust.CAs == nil:
		return Options{}, rotation.Permanentf("The tag ProviderAddress has the parameter %s, but this app has no folder of certificate authorities. Set ROTATION_CA_FOLDER.", parameter)
	}
	return Options{mode, rootsFile, trust.CAs}, nil
}

// WithoutTLS returns how to connect to a host without TLS, for a fault about a server that offers
// none. change is what to do with the address.
func WithoutTLS(host, change string) string {
	if IsThisMachine(host) {
		return change
	}
	return change + " and set the app's setting ROTATION_ALLOW_PLAINTEXT to true"
}

// IsPlaintext reports whether a connection failed because the server answered without TLS.
func IsPlaintext(err error) bool {
	_, is := errors.AsType[tls.RecordHeaderError](err)
	return is
}

// IsThisMachine reports whether traffic to host stays on this machine.
func IsThisMachine(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.Unmap().IsLoopback()
}

func isFileName(name string) bool {
	return fs.ValidPath(name) && name != "." && !strings.ContainsAny(name, `/\:`) && !strings.ContainsFunc(name, unicode.IsControl)
}

// FromParameters reads sslmode, which is one of offered or absent for verify-full, and
// sslrootcert.
func FromParameters(host string, parameters url.Values, trust rotation.Trust, offered ...Mode) (Options, error) {
	mode, roots := Mode(parameters.Get("sslmode")), parameters.Get("sslrootcert")
	switch {
	case mode == "":
		mode = VerifyFull
	case !slices.Contains(offered, mode):
		return Options{}, rotation.Permanentf("The sslmode in the tag ProviderAddress must be %s, or absent for %s.", list(offered), VerifyFull)
	case roots != "" && !mode.Verifies():
		verifying := slices.DeleteFunc(slices.Clone(offered), func(m Mode) bool { return !m.Verifies() })
		return Options{}, rotation.Permanentf("The sslrootcert in the tag ProviderAddress has no effect with this sslmode. Set sslmode to %s, or remove sslrootcert.", list(verifying))
	case roots == "" && mode == VerifyCA:
		return Options{}, rotation.Permanentf("With sslmode=%s, the tag ProviderAddress needs the parameter sslrootcert: anyone can get a certificate from a public authority. Name a file, or use %s.", VerifyCA, VerifyFull)
	}
	return New(host, mode, "sslrootcert", roots, trust)
}

// Warnings are about a server that is not verified. Setting says how the address asks for that.
func (o Options) Warnings(setting string) []string {
	if o.Mode.Verifies() {
		return nil
	}
	return []string{setting + " does not check who the server is. Use " + string(VerifyFull) + "."}
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

// maxRootsBytes is more than the system's own file has.
const maxRootsBytes = 1 << 20

// roots returns the certificates in the file; nil stands for the system's.
func (o Options) roots() (*x509.CertPool, error) {
	if o.RootsFile == "" {
		return nil, nil
	}
	roots := x509.NewCertPool()
	pem, err := readRegular(o.cas, o.RootsFile)
	if err != nil || !roots.AppendCertsFromPEM(pem) {
		return nil, rotation.Permanentf("The file of certificates that the tag ProviderAddress names can't be read, has no certificate in PEM form, or is larger than 1 MiB. It must be a file in the folder that the app's setting ROTATION_CA_FOLDER names.")
	}
	return roots, nil
}

// readRegular looks before it opens, because opening a pipe blocks.
func readRegular(folder fs.FS, name string) ([]byte, error) {
	if info, err := fs.Stat(folder, name); err != nil || !info.Mode().IsRegular() {
		return nil, fs.ErrInvalid
	}
	file, err := folder.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }() // it was only read
	content, err := io.ReadAll(io.LimitReader(file, maxRootsBytes+1))
	if len(content) > maxRootsBytes {
		return nil, fs.ErrInvalid
	}
	return content, err
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
