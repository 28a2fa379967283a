package testserver

import (
	"crypto/x509"
	"encoding/pem"
	"testing"

	"rotunda/internal/standin/ca"
)

// certificate is the paths of PEM files: a server's certificate and its key, and the authority
// that clients trust.
type certificate struct{ chain, key, roots string }

// certify creates a certificate for hosts, from an authority of the server's own.
func (s *server) certify(t testing.TB, hosts ...string) certificate {
	t.Helper()
	signer, err := ca.New()
	if err != nil {
		t.Fatal(err)
	}
	made, err := signer.Certificate(hosts...)
	if err != nil {
		t.Fatal(err)
	}
	key, err := x509.MarshalPKCS8PrivateKey(made.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	return certificate{
		chain: s.writePEM(t, "server.pem", "CERTIFICATE", made.Certificate[0]),
		key:   s.writePEM(t, "server.key", "PRIVATE KEY", key),
		roots: s.write(t, "roots.pem", string(signer.PEM())),
	}
}

func (s *server) writePEM(t testing.TB, name, kind string, der []byte) string {
	t.Helper()
	return s.write(t, name, string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})))
}
