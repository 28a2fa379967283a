// Package authority is a certificate authority in memory, so that stand-ins can serve the host names of the
// real services over TLS.
//
// It is for tests and local runs. Its private key lives and dies with the process and is never written down;
// only the certificate is, for clients to trust. Don't add that to a system's store: give it to one client.
package authority

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// lifetime of the authority and of what it signs: longer than any run, shorter than anyone would rely on.
const lifetime = 30 * 24 * time.Hour

// backdate allows for a client's clock that is behind.
const backdate = time.Hour

// Authority signs certificates for servers.
type Authority struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
}

// New makes an authority with a fresh ECDSA P-256 key, valid for 30 days.
func New() (*Authority, error) {
	key, err := newKey()
	if err != nil {
		return nil, err
	}
	template, err := authorityTemplate()
	if err != nil {
		return nil, err
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, fmt.Errorf("certificate authority: signing its own certificate: %w", err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("certificate authority: reading its own certificate: %w", err)
	}
	return &Authority{certificate, key}, nil
}

func newKey() (*ecdsa.PrivateKey, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("certificate authority: making a key: %w", err)
	}
	return key, nil
}

func authorityTemplate() (*x509.Certificate, error) {
	template, err := newTemplate("Rotunda stand-in certificate authority")
	if err != nil {
		return nil, err
	}
	template.IsCA, template.BasicConstraintsValid, template.MaxPathLenZero = true, true, true
	template.KeyUsage = x509.KeyUsageCertSign
	return template, nil
}

func newTemplate(name string) (*x509.Certificate, error) {
	number, err := rand.Int(rand.Reader, maxSerial)
	if err != nil {
		return nil, fmt.Errorf("certificate authority: making a serial number: %w", err)
	}
	now := time.Now()
	return &x509.Certificate{
		SerialNumber: number,
		Subject:      pkix.Name{CommonName: name},
		NotBefore:    now.Add(-backdate),
		NotAfter:     now.Add(lifetime),
	}, nil
}

// PEM is the authority's certificate as clients take it: SSL_CERT_FILE, NODE_EXTRA_CA_CERTS, curl --cacert.
func (a *Authority) PEM() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.certificate.Raw})
}

// Pool is a set of authorities with this one only.
func (a *Authority) Pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(a.certificate)
	return pool
}

// WriteFile writes PEM to path, whole or not at all: a client that starts at that moment never reads half of it.
func (a *Authority) WriteFile(path string) error {
	temporary, err := os.CreateTemp(filepath.Dir(path), ".ca-*")
	if err != nil {
		return fmt.Errorf("certificate authority: %w", err)
	}
	_, err = temporary.Write(a.PEM())
	// the file holds no secret, and the client may be another user
	err = errors.Join(err, temporary.Chmod(0o644), temporary.Close())
	if err == nil {
		err = os.Rename(temporary.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("certificate authority: %w", errors.Join(err, os.Remove(temporary.Name())))
	}
	return nil
}
