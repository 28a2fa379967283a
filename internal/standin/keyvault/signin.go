package keyvault

import (
	"errors"
	"net/http"
	"strings"

	"rotunda/internal/standin/entra"
)

// signIn checks the request's bearer token. Its error is a refusal with status 401.
func (s *Server) signIn(r *http.Request) (entra.Claims, error) {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") || token == "" {
		return entra.Claims{}, unauthorized("AKV10000: Request is missing a Bearer, PoP, or MTLS_POP token.")
	}
	claims, err := s.options.Check(strings.TrimSpace(token))
	if err != nil {
		return entra.Claims{}, unauthorized(tokenMessage(err))
	}
	return claims, nil
}

func unauthorized(message string) error {
	return &refusal{status: http.StatusUnauthorized, code: "Unauthorized", message: message}
}

// tokenMessage returns the message for a rejected token, as users have pasted it:
// MicrosoftDocs/azure-docs#109562 (audience), Azure/azure-sdk-for-python#27266 (expired),
// hashicorp/terraform-provider-azurerm#30912 (signature).
func tokenMessage(err error) string {
	bad, ok := errors.AsType[*entra.TokenError](err)
	switch {
	case ok && errors.Is(bad, entra.ErrAudience):
		return "AKV10022: Invalid audience. Expected " + bad.Want + ", found: " + bad.Found + "."
	case ok && errors.Is(bad, entra.ErrIssuer):
		return "AKV10032: Invalid issuer. Expected one of " + bad.Want + ", found " + bad.Found + "."
	case ok && errors.Is(bad, entra.ErrSignature):
		return "AKV10046: Unable to resolve the key used for signature validation."
	case ok && errors.Is(bad, entra.ErrExpired):
		return "[TokenExpired] Error validating token: 'S2S12086'."
	}
	return "Error validating token: it is malformed or not valid yet." // not recorded
}

// challenge responds 401 and says where to get a token. Clients read the tenant from the path in
// authorization.
func (s *Server) challenge(w http.ResponseWriter, err error) {
	s.counter.challenged()
	w.Header().Set("WWW-Authenticate",
		`Bearer authorization="https://login.microsoftonline.com/`+s.options.Tenant+`", resource="`+Resource+`"`)
	writeError(w, err)
}
