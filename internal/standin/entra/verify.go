package entra

import (
	"errors"
	"fmt"
	"strings"

	"github.com/golang-jwt/jwt/v5"
)

// Why a token is rejected: the error is a *TokenError that matches one of these with errors.Is.
var (
	ErrMalformed = errors.New("the token is not a JSON web token of this kind")
	ErrSignature = errors.New("the token was not signed by this tenant")
	ErrIssuer    = errors.New("the token was issued by another tenant")
	ErrAudience  = errors.New("the token was issued for another resource")
	ErrExpired   = errors.New("the token has expired")
	ErrTooEarly  = errors.New("the token is not valid yet")
)

// TokenError is the error about a rejected token. It never contains the token.
type TokenError struct {
	Reason error  // one of the Err variables
	Want   string // what was expected, for ErrIssuer and ErrAudience
	Found  string // what was found
}

func (e *TokenError) Error() string {
	if e.Want == "" {
		return e.Reason.Error()
	}
	return fmt.Sprintf("%v: expected %s, found %s", e.Reason, e.Want, e.Found)
}

func (e *TokenError) Unwrap() error { return e.Reason }

// Verifier returns the check that a resource makes of a token of version 1: signature, issuer,
// audience (with or without a trailing slash), and times, in this order. Its error is a
// *TokenError.
func (d *Directory) Verifier(resource string) func(token string) (Claims, error) {
	parser := jwt.NewParser(jwt.WithValidMethods([]string{"RS256"}), jwt.WithoutClaimsValidation())
	times := jwt.NewValidator(jwt.WithTimeFunc(d.options.Now), jwt.WithExpirationRequired())
	return func(token string) (Claims, error) {
		var claims Claims
		if _, err := parser.ParseWithClaims(token, &claims, d.publicKey); err != nil {
			return Claims{}, refuseSignature(err)
		}
		if err := d.checkParties(claims, resource); err != nil {
			return Claims{}, err
		}
		return claims, refuseTimes(times.Validate(claims))
	}
}

func refuseSignature(err error) error {
	if errors.Is(err, jwt.ErrTokenSignatureInvalid) {
		return &TokenError{Reason: ErrSignature}
	}
	return &TokenError{Reason: ErrMalformed}
}

func (d *Directory) checkParties(claims Claims, resource string) error {
	if want := d.Issuer(1); claims.Issuer != want {
		return &TokenError{Reason: ErrIssuer, Want: want, Found: claims.Issuer}
	}
	if strings.TrimSuffix(claims.Audience, "/") != strings.TrimSuffix(resource, "/") {
		return &TokenError{Reason: ErrAudience, Want: resource, Found: claims.Audience}
	}
	return nil
}

func refuseTimes(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, jwt.ErrTokenNotValidYet):
		return &TokenError{Reason: ErrTooEarly}
	case errors.Is(err, jwt.ErrTokenExpired):
		return &TokenError{Reason: ErrExpired}
	default:
		return &TokenError{Reason: ErrMalformed}
	}
}
