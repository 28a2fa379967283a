package signin

import (
	"cmp"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"errors"
	"math/big"
	"slices"
	"strings"
	"sync/atomic"
)

// keyID identifies a key. One kid may stand for keys of several algorithms (RFC 7517 section 4.5).
type keyID struct{ kid, alg string }

// key is a public key of an issuer.
type key struct {
	public    interface{ Equal(crypto.PublicKey) bool } // *rsa.PublicKey or *ecdsa.PublicKey
	withdrawn atomic.Bool                               // the issuer no longer lists it
}

// jwk is a key as issuers publish it (RFC 7517). Issuer is Entra's.
type jwk struct {
	KTY    string   `json:"kty"`
	Use    string   `json:"use"`
	KeyOps []string `json:"key_ops"`
	Alg    string   `json:"alg"`
	KID    string   `json:"kid"`
	N      string   `json:"n"`
	E      string   `json:"e"`
	CRV    string   `json:"crv"`
	X      string   `json:"x"`
	Y      string   `json:"y"`
	Issuer string   `json:"issuer"`
}

// maxKeys is several times what an issuer publishes.
const maxKeys = 100

// parseKeys reads a key set. It ignores keys that are not for signatures or that we can't use,
// such as those of another algorithm; a set without any usable key is an error.
func parseKeys(text []byte, accept func(jwk) bool) (map[keyID]*key, error) {
	var set struct {
		Keys []jwk `json:"keys"`
	}
	if err := json.Unmarshal(text, &set); err != nil {
		return nil, errors.New("its keys are not a JSON Web Key Set")
	}
	if len(set.Keys) > maxKeys {
		return nil, errors.New("it has more than 100 keys")
	}
	keys := map[keyID]*key{}
	for _, k := range set.Keys {
		id, found := k.usable()
		if found == nil || !accept(k) {
			continue
		}
		if other := keys[id]; other != nil && !found.public.Equal(other.public) {
			return nil, errors.New("it has two keys with the same kid")
		}
		keys[id] = found
	}
	if len(keys) == 0 {
		return nil, errors.New("it has no key that can be used: RSA of 2,048 to 8,192 bits, or P-256, with a kid")
	}
	return keys, nil
}

// usable returns the key, or nil if it is none for us.
func (k jwk) usable() (keyID, *key) {
	if k.KID == "" || (k.Use != "" && k.Use != "sig") || (k.KeyOps != nil && !slices.Contains(k.KeyOps, "verify")) {
		return keyID{}, nil
	}
	switch {
	case k.KTY == "RSA" && (k.Alg == "" || k.Alg == "RS256" || k.Alg == "PS256"):
		if public := k.rsa(); public != nil {
			return keyID{k.KID, cmp.Or(k.Alg, "RS256")}, &key{public: public}
		}
	case k.KTY == "EC" && k.CRV == "P-256" && (k.Alg == "" || k.Alg == "ES256"):
		if public := k.ecdsa(); public != nil {
			return keyID{k.KID, "ES256"}, &key{public: public}
		}
	}
	return keyID{}, nil
}

func (k jwk) rsa() *rsa.PublicKey {
	const minBits, maxBits, maxExponent = 2048, 8192, 1<<31 - 1 // a longer key would make each check slow
	n, e := number(k.N), number(k.E)
	if n == nil || n.BitLen() < minBits || n.BitLen() > maxBits || n.Bit(0) == 0 {
		return nil
	}
	if e == nil || !e.IsInt64() || e.Int64() < 3 || e.Int64() > maxExponent || e.Bit(0) == 0 {
		return nil
	}
	return &rsa.PublicKey{N: n, E: int(e.Int64())}
}

// ecdsa returns a key on P-256, whose point the standard library checks.
func (k jwk) ecdsa() *ecdsa.PublicKey {
	const size = 32
	x, y := decode(k.X), decode(k.Y)
	if len(x) != size || len(y) != size {
		return nil
	}
	public, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), slices.Concat([]byte{4}, x, y))
	if err != nil {
		return nil
	}
	return public
}

func number(text string) *big.Int {
	if b := decode(text); len(b) > 0 {
		return new(big.Int).SetBytes(b)
	}
	return nil
}

// decode decodes base64url. Some issuers pad it, although RFC 7515 section 2 forbids that.
func decode(text string) []byte {
	b, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(text, "="))
	if err != nil {
		return nil
	}
	return b
}
