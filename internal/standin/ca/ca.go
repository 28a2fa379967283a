// Package ca is a certificate authority in memory, with which stand-ins serve the host names of
// the real services over TLS.
//
// It is for tests and local runs. Its private key exists only in the process and is never written
// to a file. The certificate is, for clients to trust. Don't add it to a system's store: pass it
// to one client.
package ca

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"time"

	"rotunda/internal/atomicfile"
)

// lifetime is how long the CA and the certificates that it signs are valid: longer than any run,
// and too short to rely on.
const lifetime = 30 * 24 * time.Hour

// backdate allows for a client whose clock is slow.
const backdate = time.Hour

// CA signs certificates for servers.
type CA struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
}

// New returns a CA with a new ECDSA P-256 key, valid for 30 days.
func New() (*CA, error) {
	key, err := newKey()
	if err != nil {
		return nil, err
	}
	template, err := caTemplate()
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
	return &CA{certificate, key}, nil
}

func newKey() (*ecdsa.PrivateKey, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("certificate authority: creating a key: %w", err)
	}
	return key, nil
}

func caTemplate() (*x509.Certificate, error) {
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
		return nil, fmt.Errorf("certificate authority: creating a serial number: %w", err)
	}
	now := time.Now()
	return &x509.Certificate{
		SerialNumber: number,
		Subject:      pkix.Name{CommonName: name},
		NotBefore:    now.Add(-backdate),
		NotAfter:     now.Add(lifetime),
	}, nil
}

// PEM returns the CA's certificate in the form that clients accept: SSL_CERT_FILE,
// NODE_EXTRA_CA_CERTS, curl --cacert.
func (a *CA) PEM() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.certificate.Raw})
}

// Pool returns a pool with only this CA.
func (a *CA) Pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(a.certificate)
	return pool
}

// WriteFile writes PEM to path atomically: a client that starts at the same time never reads half
// of it.
func (a *CA) WriteFile(path string) error {
	// the file holds no secret, and the client may be another user
	if err := atomicfile.Replace(path, a.PEM(), 0o644); err != nil {
		return fmt.Errorf("certificate authority: %w", err)
	}
	return nil
}
