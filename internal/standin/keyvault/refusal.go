package keyvault

import (
	"fmt"
	"net/http"
)

// refusal is an error with a response in Key Vault's form.
type refusal struct {
	status  int
	code    string
	inner   string // innererror's code, or empty
	message string
}

func (r *refusal) Error() string {
	return fmt.Sprintf("%d %s %s: %s", r.status, r.code, r.inner, r.message)
}

func badParameter(format string, args ...any) error {
	return &refusal{status: http.StatusBadRequest, code: "BadParameter", message: fmt.Sprintf(format, args...)}
}

func conflict(inner, format string, args ...any) error {
	return &refusal{status: http.StatusConflict, code: "Conflict", inner: inner, message: fmt.Sprintf(format, args...)}
}

// notFound returns the error for what was requested: a name, or name/version.
func notFound(what string) error {
	return &refusal{status: http.StatusNotFound, code: "SecretNotFound", message: "A secret with (name/id) " + what +
		" was not found in this key vault. If you recently deleted this secret you may be able to recover it using the correct" +
		" recovery command. For help resolving this issue, please see https://go.microsoft.com/fwlink/?linkid=2125182"}
}

// notYetDeleted returns the error for a deleted secret while the deletion is in progress.
func notYetDeleted(name string) error {
	return &refusal{status: http.StatusNotFound, code: "SecretNotFound", message: "Deleted Secret not found: " + name}
}

func disabled() error {
	return &refusal{
		status: http.StatusForbidden, code: "Forbidden", inner: "SecretDisabled",
		message: "Operation get is not allowed on a disabled secret.",
	}
}

func methodNotAllowed(method string) error {
	return &refusal{status: http.StatusMethodNotAllowed, code: "MethodNotAllowed", message: "HTTP " + method + " not allowed"}
}

// isBeingDeleted returns the error of purge and recover (recover: not recorded) while the
// deletion is in progress.
func isBeingDeleted() error {
	return conflict("ObjectIsBeingDeleted", "Secret is currently being deleted.")
}

// stillBeingDeleted returns the error of writing a name while its deletion (not recorded) or its
// purge is in progress.
func stillBeingDeleted(name string) error {
	return conflict("ObjectIsBeingDeleted", "Secret %s is currently being deleted and cannot be re-created; retry later.", name)
}

func isBeingRecovered(name string) error {
	return conflict("ObjectIsBeingRecovered", "Secret %s is currently being recovered and cannot be re-created; retry later.", name)
}

func isRecoverable(name string) error {
	return conflict("ObjectIsDeletedButRecoverable", "Secret %s is currently in a deleted but recoverable state, and its name cannot"+
		" be reused; in this state, the secret can only be recovered or purged.", name)
}

// restoreConflict returns the error that names the version's id that can't be restored.
func restoreConflict(id string) error {
	return conflict("", "There was a conflict restoring the secret '%s'. This can happen if either: a second secret with the same"+
		" name was created after the first secret was deleted; thus trying to restore a secret whose name is already in use. To fix"+
		" this, rename the second secret to something else so that the restore works. The second probable cause of this exception is"+
		" when multiple operations are performed in parallel against the secret. To avoid this error, perform operations against a"+
		" secret in a sequential manner.", id)
}

func malformedBackup(message string) error {
	return &refusal{status: http.StatusBadRequest, code: "Malformed backup blob", message: message}
}

func purgeProtected(vault string) error {
	return &refusal{
		status: http.StatusForbidden, code: "Forbidden",
		message: "Operation \"purge\" is not allowed because purge protection is enabled for this vault. Key Vault service will" +
			" automatically purge it after the retention period has passed. Vault: " + vault + ";location=" + region,
	}
}
