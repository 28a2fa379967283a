package entra

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1" //nolint:gosec // x5t is a SHA-1 thumbprint by definition (RFC 7517)
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"fmt"
	"math/big"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// signingKey is a key with its certificate, whose thumbprint is the key's id.
type signingKey struct {
	private     *rsa.PrivateKey
	certificate []byte // DER
	id          string
}

// certificateLifetime is how long Entra's signing certificates are valid: five years.
const certificateLifetime = 5 * 365 * 24 * time.Hour

func newSigningKey(now time.Time) (signingKey, error) {
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return signingKey{}, fmt.Errorf("entra stand-in: creating a signing key: %w", err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(now.UnixNano()),
		Subject:      pkix.Name{CommonName: "accounts.accesscontrol.windows.net"},
		NotBefore:    now, NotAfter: now.Add(certificateLifetime),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		return signingKey{}, fmt.Errorf("entra stand-in: creating a signing key's certificate: %w", err)
	}
	thumbprint := sha1.Sum(der) //nolint:gosec // see the import
	return signingKey{private, der, base64.RawURLEncoding.EncodeToString(thumbprint[:])}, nil
}

// AnnounceKey publishes the key that the next RollKeys makes sign. Entra does so long before.
func (d *Directory) AnnounceKey() error {
	key, err := newSigningKey(d.options.Now())
	if err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.keys = append(d.keys, key)
	return nil
}

// RollKeys makes the key that was announced sign from now on, or a new one, as in an emergency.
// The earlier ones stay published.
func (d *Directory) RollKeys() error {
	d.mu.Lock()
	announced := d.signs+1 < len(d.keys)
	d.mu.Unlock()
	if !announced {
		if err := d.AnnounceKey(); err != nil {
			return err
		}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.signs = min(d.signs+1, len(d.keys)-1)
	return nil
}

// WithdrawKeys stops publishing the keys before the one that signs: no resource may accept what
// they signed.
func (d *Directory) WithdrawKeys() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.keys, d.signs = d.keys[d.signs:], 0
}

// sign returns the claims as a token of the current key.
func (d *Directory) sign(claims Claims) (string, error) {
	d.mu.Lock()
	key := d.keys[d.signs]
	d.mu.Unlock()
	unsigned := jwt.NewWithClaims(jwt.SigningMethodRS256, claims)
	unsigned.Header["kid"], unsigned.Header["x5t"] = key.id, key.id
	return unsigned.SignedString(key.private)
}

// publicKey returns the published key that a token names.
func (d *Directory) publicKey(token *jwt.Token) (any, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, key := range d.keys {
		if token.Header["kid"] == key.id {
			return key.private.Public(), nil
		}
	}
	return nil, jwt.ErrTokenSignatureInvalid
}

// jwk is a published key (RFC 7517), with the field that Entra adds.
type jwk struct {
	Type        string   `json:"kty"`
	Use         string   `json:"use"`
	ID          string   `json:"kid"`
	Thumbprint  string   `json:"x5t"`
	Modulus     string   `json:"n"`
	Exponent    string   `json:"e"`
	Certificate []string `json:"x5c"`
	Issuer      string   `json:"issuer,omitempty"`
}

// published returns the keys as a document of a version shows them. issuer is "" in version 1.
func (d *Directory) published(issuer string) []jwk {
	d.mu.Lock()
	defer d.mu.Unlock()
	all := []jwk{}
	for _, key := range d.keys {
		all = append(all, jwk{
			Type: "RSA", Use: "sig", ID: key.id, Thumbprint: key.id, Issuer: issuer,
			Modulus:     base64.RawURLEncoding.EncodeToString(key.private.N.Bytes()),
			Exponent:    base64.RawURLEncoding.EncodeToString(big.NewInt(int64(key.private.E)).Bytes()),
			Certificate: []string{base64.StdEncoding.EncodeToString(key.certificate)},
		})
	}
	return all
}
