package signin

import (
	"net/http"
	"strings"
)

// maxToken is the longest token in bytes that is read further. An Entra token with 200 groups, the
// most that Entra writes, has about 12 KB.
const maxToken = 16 << 10

// bearer returns the request's bearer token, which is not checked but for its length.
func bearer(header http.Header) (string, error) {
	values := header["Authorization"]
	switch {
	case len(values) == 0:
		return "", refuse("the request has no token", saysMissing)
	case len(values) > 1:
		return "", invalid("the request has more than one Authorization header")
	}
	scheme, token, _ := strings.Cut(values[0], " ")
	token = strings.Trim(token, " ")
	if !strings.EqualFold(scheme, "Bearer") || token == "" {
		return "", refuse("the Authorization header has no bearer token", saysMissing)
	}
	if len(token) > maxToken {
		return "", invalid("the token is longer than 16 KB")
	}
	return token, nil
}

// checkForm refuses what is not three parts in base64url, before anything decodes them.
func checkForm(token string) error {
	switch dots := strings.Count(token, "."); {
	case dots == 4:
		return invalid("the token has four dots: it is encrypted, or not a JWT")
	case dots != 2:
		return invalid("the token does not have exactly two dots: it is not a signed JWT")
	case strings.HasPrefix(token, ".") || strings.Contains(token, ".."):
		return invalid("the token has an empty part")
	case strings.HasSuffix(token, "."):
		return invalid("the token has no signature")
	case strings.IndexFunc(token, notInToken) >= 0:
		return invalid("the token has a character that is not base64url")
	}
	return nil
}

func notInToken(c rune) bool {
	return (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '-' && c != '_' && c != '.'
}
