// Package scram is the client's side of a login by SCRAM-SHA-256 (RFC 5802, RFC 7677), without
// channel binding. It proves a password to the server, and learns whether the server knows it. Who
// listens learns neither.
package scram

import (
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"strings"

	"rotunda/internal/rotators/saslprep"
)

// Mechanism is the name of this login in SASL.
const Mechanism = "SCRAM-SHA-256"

// The bounds of the work that a server may demand. Fewer rounds than RFC 7677, section 4, asks for
// would make the password easy to guess for a server that does not know it.
const (
	minIterations = 4096
	maxIterations = 1_000_000
)

// ErrServer is returned for a message that no server sends that knows the password.
var ErrServer = errors.New("the server broke off or forged the login")

// header says that the client does not support channel binding, and acts for itself.
const header = "n,,"

// Client is one login. Its methods are called in the order First, Final, Verify.
type Client struct {
	password string
	bare     string // the first message without its header
	nonce    string
	server   []byte // the signature by which the server proves that it knows the password
}

// New returns the login of a user. The name is sent as it is: MongoDB's servers and drivers do not
// prepare it (mongodb/specifications source/auth/auth.md, "SCRAM-SHA-256"). The error is
// saslprep.ErrProhibited.
func New(user, password string) (*Client, error) {
	prepared, err := saslprep.Prepare(password)
	if err != nil {
		return nil, err
	}
	return newClient(user, prepared, rand.Text()), nil
}

func newClient(user, password, nonce string) *Client {
	escaped := strings.NewReplacer("=", "=3D", ",", "=2C").Replace(user)
	return &Client{password: password, nonce: nonce, bare: "n=" + escaped + ",r=" + nonce}
}

// First returns the first message to the server.
func (c *Client) First() string { return header + c.bare }

// Final returns the second message, which proves the password, in response to the server's first.
func (c *Client) Final(message string) (string, error) {
	challenge, err := parseChallenge(message)
	if err != nil || !strings.HasPrefix(challenge.nonce, c.nonce) || len(challenge.nonce) == len(c.nonce) {
		return "", ErrServer
	}
	salted, err := pbkdf2.Key(sha256.New, c.password, challenge.salt, challenge.iterations, sha256.Size)
	if err != nil {
		return "", err
	}
	unproven := "c=" + encode([]byte(header)) + ",r=" + challenge.nonce
	signed := c.bare + "," + message + "," + unproven
	clientKey := sign(salted, "Client Key")
	storedKey := sha256.Sum256(clientKey)
	proof := make([]byte, sha256.Size)
	subtle.XORBytes(proof, clientKey, sign(storedKey[:], signed))
	c.server = sign(sign(salted, "Server Key"), signed)
	return unproven + ",p=" + encode(proof), nil
}

// Verify reports by a nil error that the server's last message proves that it knows the password.
func (c *Client) Verify(message string) error {
	first, _, _ := strings.Cut(message, ",") // what follows are extensions
	signature, err := parseBytes(first, "v=")
	if err != nil || c.server == nil || !hmac.Equal(signature, c.server) {
		return ErrServer
	}
	return nil
}

func sign(key []byte, text string) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(text))
	return mac.Sum(nil)
}

func encode(data []byte) string { return base64.StdEncoding.EncodeToString(data) }
