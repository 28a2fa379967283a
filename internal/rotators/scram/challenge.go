package scram

import (
	"encoding/base64"
	"strconv"
	"strings"
)

// challenge is the server's first message.
type challenge struct {
	nonce      string
	salt       []byte
	iterations int
}

// parseChallenge reads a message such as r=nonce,s=salt,i=15000. An extension that begins it, m=,
// is mandatory, and none is known. Extensions that follow are optional (RFC 5802, section 7).
func parseChallenge(message string) (challenge, error) {
	fields := strings.SplitN(message, ",", 4)
	if len(fields) < 3 {
		return challenge{}, ErrServer
	}
	nonce, isNonce := strings.CutPrefix(fields[0], "r=")
	salt, err := parseBytes(fields[1], "s=")
	if !isNonce || err != nil {
		return challenge{}, ErrServer
	}
	iterations, err := parseIterations(fields[2])
	return challenge{nonce, salt, iterations}, err
}

func parseIterations(field string) (int, error) {
	digits, found := strings.CutPrefix(field, "i=")
	n, err := strconv.ParseUint(digits, 10, 31)
	if !found || err != nil || n < minIterations || n > maxIterations {
		return 0, ErrServer
	}
	return int(n), nil
}

// parseBytes reads a field in base64 that is not empty.
func parseBytes(field, name string) ([]byte, error) {
	text, found := strings.CutPrefix(field, name)
	decoded, err := base64.StdEncoding.Strict().DecodeString(text)
	if !found || err != nil || len(decoded) == 0 || strings.ContainsAny(text, "\r\n") {
		return nil, ErrServer
	}
	return decoded, nil
}
