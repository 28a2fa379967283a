package signin

import "errors"

// Error is a refusal to sign a caller in. Its text is the reason, for the app's log. It holds
// nothing of the token.
type Error struct {
	reason      string
	message     string
	challenge   string
	unavailable bool
}

// Error implements error.
func (e *Error) Error() string { return e.reason }

// Message returns what the caller may read: Key Vault's words, or what to ask for instead of a
// token for Key Vault.
func (e *Error) Message() string { return e.message }

// Challenge returns the value of the header WWW-Authenticate.
func (e *Error) Challenge() string { return e.challenge }

// Unavailable reports that the token could not be judged, because the issuer's keys could not be
// fetched. The status is then 503: after a 401 a client would drop a token that may be good.
func (e *Error) Unavailable() bool { return e.unavailable }

// What Key Vault says to callers, from wire recordings and from what users have pasted:
// MicrosoftDocs/azure-docs#109562 (audience), hashicorp/terraform-provider-azurerm#30912
// (signature), Azure/azure-sdk-for-python#27266 (expired).
const (
	saysMissing   = "AKV10000: Request is missing a Bearer, PoP, or MTLS_POP token."
	saysAudience  = "AKV10022: Invalid audience."
	saysIssuer    = "AKV10032: Invalid issuer."
	saysSignature = "AKV10046: Unable to resolve the key used for signature validation."
	saysExpired   = "[TokenExpired] Error validating token: 'S2S12086'."
	saysInvalid   = "Error validating token."
	saysLater     = "The app can't fetch the keys of the token's issuer at the moment. Try again later."
)

func refuse(reason, message string) error { return &Error{reason: reason, message: message} }

func invalid(reason string) error { return refuse(reason, saysInvalid) }

// refuse adds the challenge to a refusal.
func (t *Tokens) refuse(err error) error {
	refusal, ok := errors.AsType[*Error](err)
	if !ok { // not reached: its text might quote the token
		refusal = &Error{reason: "the token could not be checked", message: saysInvalid}
	}
	complete := *refusal
	complete.challenge = t.challenge
	return &complete
}
