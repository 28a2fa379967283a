package apierror

import (
	"net/http"

	"rotunda/internal/secret"
)

// table is the whole list of failures that are ours. Those of the vault keep its status and codes.
var table = []struct {
	kind       error
	status     int
	code       string
	retryAfter string
}{
	{secret.ErrBadParameter, http.StatusBadRequest, "BadParameter", ""},
	{secret.ErrBodyTooLarge, http.StatusRequestEntityTooLarge, "RequestBodyTooLarge", ""},
	{secret.ErrUnknownRoute, http.StatusNotFound, "NotFound", ""},
	{secret.ErrMethodNotAllowed, http.StatusMethodNotAllowed, "MethodNotAllowed", ""},
	{secret.ErrIdentityUnavailable, http.StatusBadGateway, "IdentityUnavailable", ""},
	{secret.ErrVaultUnreachable, http.StatusBadGateway, "VaultUnreachable", ""},
	{secret.ErrVaultTimeout, http.StatusGatewayTimeout, "VaultTimeout", ""},
	{secret.ErrNotFinished, http.StatusGatewayTimeout, "OperationNotFinished", "10"},
	{secret.ErrNoStage, http.StatusNotFound, "SecretNotFound", ""},
	{secret.ErrRotationRefused, http.StatusConflict, "RotationRefused", ""},
	{secret.ErrRotationDelayed, http.StatusServiceUnavailable, "RotationDelayed", "60"},
	{secret.ErrBusy, http.StatusServiceUnavailable, "ServerBusy", "1"},
}

const (
	// statusClientGone is nginx's 499; nobody reads it but the log.
	statusClientGone = 499

	// throttledRetryAfter, in seconds, is the window that Key Vault counts its limits in
	// (MicrosoftDocs/azure-security-docs articles/key-vault/general/service-limits.md).
	throttledRetryAfter = "10"

	internalMessage = "The request failed inside the app. Its log has the cause under this answer's x-ms-request-id."
)

// remedies say, by innererror code, what to do when the vault refuses the app's own identity.
var remedies = map[string]func(identity string) string{
	secret.CodeForbiddenByRbac: func(identity string) string {
		return "Remedy: assign the role 'Key Vault Secrets Officer' (or 'Key Vault Secrets User', to read only) on this vault to " +
			identity + ". A new assignment takes some minutes to count."
	},
	secret.CodeForbiddenByPolicy: func(identity string) string {
		return "Remedy: give " + identity +
			" the secret permission in the vault's access policy, or move the vault to RBAC and assign the role 'Key Vault Secrets Officer'."
	},
	secret.CodeForbiddenByFirewall: func(identity string) string {
		return "Remedy: let the function app's outbound addresses or its subnet through the vault's firewall, or give it a private endpoint; " +
			"the role 'Key Vault Secrets Officer' for " + identity + " is needed beside that."
	},
}
