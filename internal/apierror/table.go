package apierror

import (
	"net/http"

	"rotunda/internal/secret"
)

// table lists all errors of the app. Errors of the vault keep their status and codes.
var table = []struct {
	kind       error
	status     int
	code       string
	innerCode  string
	retryAfter string
}{
	{secret.ErrBadParameter, http.StatusBadRequest, "BadParameter", "", ""},
	{secret.ErrBodyTooLarge, http.StatusRequestEntityTooLarge, "RequestBodyTooLarge", "", ""},
	{secret.ErrEncoding, http.StatusUnsupportedMediaType, "UnsupportedMediaType", "", ""},
	{secret.ErrConditionNotMet, http.StatusPreconditionFailed, "ConditionNotMet", "", ""},
	{secret.ErrUnknownRoute, http.StatusNotFound, "NotFound", "", ""},
	{secret.ErrMethodNotAllowed, http.StatusMethodNotAllowed, "MethodNotAllowed", "", ""},
	{secret.ErrIdentityUnavailable, http.StatusBadGateway, "IdentityUnavailable", "", awayRetryAfter},
	{secret.ErrVaultUnreachable, http.StatusBadGateway, "VaultUnreachable", "", awayRetryAfter},
	{secret.ErrVaultTimeout, http.StatusGatewayTimeout, "VaultTimeout", "", awayRetryAfter},
	{secret.ErrNotFinished, http.StatusGatewayTimeout, "OperationNotFinished", "", "10"},
	{secret.ErrNoStage, http.StatusNotFound, "SecretNotFound", "", ""},
	{secret.ErrRotationRefused, http.StatusConflict, "RotationRefused", "", ""},
	{secret.ErrRotationDelayed, http.StatusServiceUnavailable, "RotationDelayed", "", "60"},
	{secret.ErrHostNotSupported, http.StatusNotImplemented, "HostNotSupported", "", ""},
	{secret.ErrBusy, http.StatusServiceUnavailable, "ServerBusy", "", "1"},
	{secret.ErrUnauthorized, http.StatusUnauthorized, "Unauthorized", "", ""},
	{secret.ErrSignInUnavailable, http.StatusServiceUnavailable, "SignInUnavailable", "", awayRetryAfter},
	{secret.ErrForbidden, http.StatusForbidden, "Forbidden", "ForbiddenByRules", ""},
	{secret.ErrInsecure, http.StatusForbidden, "Forbidden", "HttpsRequired", ""},
	{secret.ErrThrottled, http.StatusTooManyRequests, "Throttled", "", "1"},
	{secret.ErrUnusable, http.StatusUnprocessableEntity, "ValueNotUsable", "", ""},
	{secret.ErrAuditUnavailable, http.StatusServiceUnavailable, "AuditUnavailable", "", "5"},
}

const (
	// statusClientGone is nginx's 499. Only the log shows it.
	statusClientGone = 499

	// throttledRetryAfter, in seconds, is the period to which Key Vault's limits apply
	// (MicrosoftDocs/azure-security-docs articles/key-vault/general/service-limits.md).
	throttledRetryAfter = "10"

	// awayRetryAfter, in seconds, goes with every status that says that the vault is away. The app
	// checks twice a second whether it is back.
	awayRetryAfter = "5"

	internalCode    = "InternalError"
	internalMessage = "The request failed inside the app. For the cause, search the app's log for this response's x-ms-request-id."
)

// remedies explain, by innererror code, what to do if the vault rejects the app's own identity.
var remedies = map[string]func(identity string) string{
	secret.CodeForbiddenByRbac: func(identity string) string {
		return "Remedy: assign the role 'Key Vault Secrets Officer' (or 'Key Vault Secrets User' for read access only) on this vault to " +
			identity + ". A new assignment can take several minutes to take effect."
	},
	secret.CodeForbiddenByPolicy: func(identity string) string {
		return "Remedy: grant " + identity +
			" the secret permission in the vault's access policy, or switch the vault to RBAC and assign the role 'Key Vault Secrets Officer'."
	},
	secret.CodeForbiddenByFirewall: func(identity string) string {
		return "Remedy: allow the function app's outbound addresses or its subnet in the vault's firewall, or use a private endpoint. " +
			"The role 'Key Vault Secrets Officer' for " + identity + " is also required."
	},
}

// Known returns an Answer, without its message, for each error of the app, and for a fault in the
// app. The description of the API lists them.
func Known() []Answer {
	known := []Answer{{Status: http.StatusInternalServerError, Code: internalCode}}
	for _, row := range table {
		known = append(known, Answer{Status: row.status, Code: row.code, InnerCode: row.innerCode, RetryAfter: row.retryAfter})
	}
	return known
}
