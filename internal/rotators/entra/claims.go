package entra

import (
	"encoding/base64"
	"encoding/json"
)

// decodeClaims reads the middle part of a JSON web token.
func decodeClaims(part string) (c claims, err error) {
	text, err := base64.RawURLEncoding.DecodeString(part)
	if err != nil {
		return c, err
	}
	return c, json.Unmarshal(text, &c)
}
