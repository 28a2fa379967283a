package ssh

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"strings"

	"golang.org/x/crypto/ssh"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/form"
	"rotunda/internal/secret"
)

// key is a private key that a value holds.
type key struct {
	signer ssh.AlgorithmSigner
	public []byte // as it is sent and stored

	raw    any    // what the parser made of it
	block  string // the type of its PEM block
	render func(text string) (secret.Value, error)
}

// maxValue bounds what is parsed. A key of RSA with 4096 bits has 3.4 KB.
const maxValue = 16 << 10

// names are the fields that may have a key in JSON, without the tag ValueField.
var names = []string{"privateKey", "private_key", "sshPrivateKey", "ssh_private_key"}

// parseKey finds the private key in a value: a PEM file, or JSON with one in a field.
func parseKey(value secret.Value, field string) (key, error) {
	text := value.Reveal()
	if len(text) > maxValue {
		return key{}, rotation.Permanentf("The secret's value is too long for a private key.")
	}
	begin := strings.TrimLeft(text, "\ufeff \t\r\n")
	if strings.HasPrefix(begin, "-----BEGIN ") {
		return parseFile(text, begin)
	}
	found, err := form.ParseKey(value, form.KeyOptions{Names: names, Field: field})
	if err != nil {
		return key{}, err
	}
	k, err := parsePEM(found.Value.Reveal())
	k.render = func(text string) (secret.Value, error) {
		next, err := parsePEM(text)
		if err != nil {
			return secret.Value{}, err
		}
		value, err := found.With(secret.NewValue(text))
		if err != nil {
			return value, err
		}
		return k.replaceCopies(value, next)
	}
	return k, err
}

// parseFile keeps what is before and after the key, such as a missing or further line end.
func parseFile(text, begin string) (key, error) {
	before := strings.TrimSuffix(text, begin)
	body := strings.TrimRight(begin, " \t\r\n")
	k, err := parsePEM(begin)
	k.render = func(next string) (secret.Value, error) {
		return secret.NewValue(before + strings.TrimRight(next, "\n") + begin[len(body):]), nil
	}
	return k, err
}

func parsePEM(text string) (key, error) {
	block, rest := pem.Decode([]byte(text))
	if block == nil || len(bytes.TrimSpace(rest)) > 0 {
		return key{}, rotation.Permanentf("The secret's value must be one private key in PEM form, as ssh-keygen makes it, or JSON with one in a field that the tag %s names.", rotation.TagValueField)
	}
	raw, err := ssh.ParseRawPrivateKey([]byte(text))
	if _, encrypted := errors.AsType[*ssh.PassphraseMissingError](err); encrypted {
		return key{}, rotation.Permanentf("The private key in the secret's value has a passphrase. Store it without one (ssh-keygen -p): the vault protects it.")
	}
	if err != nil {
		return key{}, rotation.Permanentf("The private key in the secret's value can't be read, or is of a kind that Rotunda does not know. It must be a private key of Ed25519, ECDSA or RSA.")
	}
	k := key{raw: raw, block: block.Type}
	signer, err := ssh.NewSignerFromKey(raw)
	algorithm, ok := signer.(ssh.AlgorithmSigner)
	if err != nil || !ok || signer.PublicKey().Type() == "ssh-dss" {
		return k, rotation.Permanentf("The private key in the secret's value must be one of Ed25519, ECDSA or RSA.")
	}
	k.signer, k.public = algorithm, signer.PublicKey().Marshal()
	return k, nil
}

// renew returns the value with a new key of the same kind.
func (k key) renew() (secret.Value, error) {
	next, err := k.generate()
	if err != nil {
		return secret.Value{}, err
	}
	block, err := k.marshal(next)
	if err != nil {
		return secret.Value{}, err
	}
	return k.render(string(pem.EncodeToMemory(block)))
}

// generate makes a key. One of RSA has at least 3072 bits, as ssh-keygen makes them.
func (k key) generate() (crypto.PrivateKey, error) {
	switch now := k.raw.(type) {
	case *rsa.PrivateKey:
		return rsa.GenerateKey(rand.Reader, min(max(now.N.BitLen(), 3072), 4096))
	case *ecdsa.PrivateKey:
		return ecdsa.GenerateKey(now.Curve, rand.Reader)
	}
	_, next, err := ed25519.GenerateKey(rand.Reader)
	return next, err
}

// marshal keeps the form of the file.
func (k key) marshal(next crypto.PrivateKey) (*pem.Block, error) {
	var der []byte
	var err error
	switch made := next.(type) {
	case *rsa.PrivateKey:
		if k.block == "RSA PRIVATE KEY" {
			return &pem.Block{Type: k.block, Bytes: x509.MarshalPKCS1PrivateKey(made)}, nil
		}
	case *ecdsa.PrivateKey:
		if k.block == "EC PRIVATE KEY" {
			der, err = x509.MarshalECPrivateKey(made)
			return &pem.Block{Type: k.block, Bytes: der}, err
		}
	}
	if k.block == "PRIVATE KEY" {
		der, err = x509.MarshalPKCS8PrivateKey(next)
		return &pem.Block{Type: k.block, Bytes: der}, err
	}
	return ssh.MarshalPrivateKey(next, "")
}

// decoy returns the value with a key that nobody has authorized. Its kind does not matter, and one
// of Ed25519 is made at once.
func (k key) decoy() (secret.Value, error) {
	_, wrong, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return secret.Value{}, err
	}
	block, err := ssh.MarshalPrivateKey(wrong, "")
	if err != nil {
		return secret.Value{}, err
	}
	return k.render(string(pem.EncodeToMemory(block)))
}
