package identity

import (
	"fmt"

	"github.com/golang-jwt/jwt/v5"
)

// keyID names the only signing key in a token's header.
const keyID = "rotunda-stand-in"

// Claims are the subject, issuer and audience of a token.
type Claims struct {
	jwt.RegisteredClaims
	// Audience is the resource that the token is for. As in Entra's tokens, it is one string, not
	// a list.
	Audience string `json:"aud"`
	// AppID is the identity's client id.
	AppID string `json:"appid"`
	// ObjectID is the identity's object id, which role assignments name.
	ObjectID string `json:"oid"`
	// TenantID is the directory's id.
	TenantID string `json:"tid"`
	// Version is the token format's.
	Version string `json:"ver"`
}

// Token issues a token of the system-assigned identity for a resource such as
// https://vault.azure.net, without HTTP.
func (s *Server) Token(resource string) (string, error) {
	token, _, err := s.issue(s.principals[0], resource)
	return token, err
}

func (s *Server) issue(p principal, resource string) (string, Claims, error) {
	claims := s.claims(p, resource)
	unsigned := jwt.NewWithClaims(jwt.SigningMethodRS256, claims)
	unsigned.Header["kid"] = keyID
	signed, err := unsigned.SignedString(s.key)
	if err != nil {
		return "", Claims{}, fmt.Errorf("identity stand-in: signing a token for %s: %w", resource, err)
	}
	return signed, claims, nil
}

func (s *Server) claims(p principal, resource string) Claims {
	now := s.options.Now()
	return Claims{
		RegisteredClaims: jwt.RegisteredClaims{
			Issuer:    s.Issuer(),
			Subject:   p.objectID,
			IssuedAt:  jwt.NewNumericDate(now),
			NotBefore: jwt.NewNumericDate(now),
			ExpiresAt: jwt.NewNumericDate(now.Add(s.options.Lifetime)),
		},
		Audience: resource, AppID: p.clientID, ObjectID: p.objectID, TenantID: s.options.Tenant, Version: "1.0",
	}
}
