package arm

import (
	"errors"
	"net/http"
	"strings"

	"rotunda/internal/standin/entra"
)

// signIn checks the request's bearer token. Its error is a refusal with status 401. The codes are
// those that users have pasted; the messages are shortened.
func (s *Server) signIn(r *http.Request) (entra.Claims, error) {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if r.Header.Get("Authorization") == "" {
		return entra.Claims{}, refuse(http.StatusUnauthorized, "AuthenticationFailed", "Authentication failed. The 'Authorization' header is missing.")
	}
	if !strings.EqualFold(scheme, "Bearer") || token == "" {
		return entra.Claims{}, refuse(http.StatusUnauthorized, "AuthenticationFailedInvalidHeader", "Authentication failed. The 'Authorization' header is provided in an invalid format.")
	}
	claims, err := s.options.Check(strings.TrimSpace(token))
	if err != nil {
		return entra.Claims{}, s.tokenRefusal(err)
	}
	return claims, nil
}

func (s *Server) tokenRefusal(err error) error {
	bad, ok := errors.AsType[*entra.TokenError](err)
	switch {
	case ok && errors.Is(bad, entra.ErrAudience):
		return refuse(http.StatusUnauthorized, "InvalidAuthenticationTokenAudience", "The access token has been obtained for wrong audience or resource '%s'. It should exactly match with one of the allowed audiences 'https://management.core.windows.net/','https://management.core.windows.net','https://management.azure.com/','https://management.azure.com'.", bad.Found)
	case ok && errors.Is(bad, entra.ErrIssuer):
		return refuse(http.StatusUnauthorized, "InvalidAuthenticationTokenTenant", "The access token is from the wrong issuer '%s'. It must match the tenant '%s' associated with this subscription.", bad.Found, bad.Want)
	case ok && errors.Is(bad, entra.ErrExpired):
		return refuse(http.StatusUnauthorized, "ExpiredAuthenticationToken", "The access token expiry UTC time is earlier than current UTC time.")
	}
	return refuse(http.StatusUnauthorized, "InvalidAuthenticationToken", "The access token is invalid.")
}

// challenge responds 401 and names the tenant, as users have pasted it.
func (s *Server) challenge(w http.ResponseWriter, err error) {
	header := `Bearer authorization_uri="https://login.windows.net/` + s.options.Tenant + `", error="invalid_token", error_description="The authentication failed because of missing 'Authorization' header."`
	if bad, ok := errors.AsType[*refusal](err); ok && bad.code != "AuthenticationFailed" {
		header = `Bearer authorization_uri="https://login.windows.net/` + s.options.Tenant + `", error="invalid_token", error_description="Could not find identity for access token."`
	}
	w.Header().Set("WWW-Authenticate", header)
	writeError(w, err)
}
