package signin

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"rotunda/internal/access"
)

// leeway is how much the issuer's clock may differ from ours.
const leeway = time.Minute

// algorithms are the accepted values of alg. Neither none nor an HMAC is among them.
var algorithms = []string{"RS256", "PS256", "ES256"}

// parser checks the signature. The dates are checked after it, by validator.
var (
	parser    = jwt.NewParser(jwt.WithValidMethods(algorithms), jwt.WithStrictDecoding(), jwt.WithoutClaimsValidation())
	validator = jwt.NewValidator(jwt.WithExpirationRequired(), jwt.WithLeeway(leeway))
)

// verified is a caller whose token was good.
type verified struct {
	caller *access.Caller
	until  time.Time
	key    *key
	ring   *keyring
}

// verify checks everything about a token, and its form before it decodes anything.
func (t *Tokens) verify(ctx context.Context, token string) (verified, error) {
	if err := checkForm(token); err != nil {
		return verified{}, err
	}
	if err := checkHeader(token); err != nil {
		return verified{}, err
	}
	c := &claims{jwt.MapClaims{}}
	var from *issuer
	var signedBy *key
	_, err := parser.ParseWithClaims(token, c, func(parsed *jwt.Token) (_ any, err error) {
		if from, err = t.issuer(c); err != nil {
			return nil, err
		}
		if signedBy, err = from.keys.find(ctx, from.name, parsed.Header["kid"], parsed.Method.Alg()); err != nil {
			return nil, err
		}
		return signedBy.public, nil
	})
	if err != nil {
		return verified{}, parseRefusal(err)
	}
	until, err := checkTimes(c)
	if err != nil {
		return verified{}, err
	}
	caller, err := from.caller(c)
	return verified{caller: caller, until: until, key: signedBy, ring: from.keys}, err
}

// issuer finds the issuer that the token names. The name is proven by the signature only.
func (t *Tokens) issuer(c *claims) (*issuer, error) {
	name, err := c.text("iss")
	if err != nil {
		return nil, err
	}
	if found := t.issuers[name]; found != nil {
		return found, nil
	}
	return nil, refuse("the token's issuer is neither a listed tenant nor in TRUSTED_ISSUERS", saysIssuer)
}

// checkHeader refuses a header that could be read in two ways, that asks for an algorithm which
// needs no private key, or that brings a key along.
func checkHeader(token string) error {
	encoded, _, _ := strings.Cut(token, ".")
	text, err := parser.DecodeSegment(encoded)
	if err != nil {
		return invalid("the token's header is not base64url")
	}
	header, err := parseObject(text)
	if err != nil {
		return invalid("the token's header " + err.Error())
	}
	return checkParameters(header)
}

func checkParameters(header map[string]any) error {
	for _, name := range []string{"jwk", "jku", "x5u", "x5c"} {
		if _, ok := header[name]; ok {
			return invalid("the token's header brings a key of its own (" + name + ")")
		}
	}
	if _, ok := header["crit"]; ok { // RFC 7515 section 4.1.11
		return invalid("the token's header has critical extensions (crit)")
	}
	alg, _ := header["alg"].(string)
	switch {
	case strings.EqualFold(alg, "none"):
		return invalid("the token is not signed (alg none)")
	case strings.HasPrefix(alg, "HS"):
		return invalid("the token is signed with a shared secret (HMAC), not with the issuer's key")
	case !slices.Contains(algorithms, alg):
		return invalid("the token's algorithm (alg) is not RS256, PS256 or ES256")
	}
	return nil
}

// parseRefusal returns the reason for an error of golang-jwt, whose own text may quote the token.
func parseRefusal(err error) error {
	if ours, ok := errors.AsType[*Error](err); ok {
		return ours
	}
	if errors.Is(err, jwt.ErrTokenSignatureInvalid) {
		return refuse("the token's signature is not by the key that its header names", saysSignature)
	}
	return invalid("the token can't be decoded; it may have been cut")
}

// checkTimes returns until when the token is valid, with the leeway.
func checkTimes(c *claims) (time.Time, error) {
	if err := c.checkDates(); err != nil {
		return time.Time{}, err
	}
	err := validator.Validate(c)
	switch {
	case errors.Is(err, jwt.ErrTokenRequiredClaimMissing):
		return time.Time{}, invalid("the token has no expiry (exp)")
	case errors.Is(err, jwt.ErrTokenExpired):
		return time.Time{}, refuse("the token has expired", saysExpired)
	case errors.Is(err, jwt.ErrTokenNotValidYet):
		return time.Time{}, invalid("the token is not valid yet (nbf); check the clocks")
	case err != nil:
		return time.Time{}, invalid("the token's dates are not valid")
	}
	expiry, err := c.GetExpirationTime()
	if err != nil {
		return time.Time{}, invalid("the token has no expiry (exp)")
	}
	return expiry.Add(leeway), nil
}
