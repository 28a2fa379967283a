package arm

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/google/uuid"
)

// refusal is an error with a response in Azure Resource Manager's form.
type refusal struct {
	status     int
	code       string
	message    string
	retryAfter string
}

func (r *refusal) Error() string { return fmt.Sprintf("%d %s: %s", r.status, r.code, r.message) }

func refuse(status int, code, format string, args ...any) *refusal {
	return &refusal{status: status, code: code, message: fmt.Sprintf(format, args...)}
}

// authorizationFailed is quoted in hashicorp/terraform-provider-azurerm#19645.
func authorizationFailed(client, object, action, scope string) error {
	return refuse(http.StatusForbidden, "AuthorizationFailed", "The client '%s' with object id '%s' does not have authorization to perform action '%s' over scope '%s' or the scope is invalid. If access was recently granted, please refresh your credentials.", client, object, action, scope)
}

func resourceNotFound(kind, name, group string) error {
	return refuse(http.StatusNotFound, "ResourceNotFound", "The Resource '%s/%s' under resource group '%s' was not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix", kind, name, group)
}

func subscriptionNotFound(id string) error {
	return refuse(http.StatusNotFound, "SubscriptionNotFound", "The subscription '%s' could not be found.", id)
}

func groupNotFound(name string) error {
	return refuse(http.StatusNotFound, "ResourceGroupNotFound", "Resource group '%s' could not be found.", name)
}

func missingVersion() error {
	return refuse(http.StatusBadRequest, "MissingApiVersionParameter", "The api-version query parameter (?api-version=) is required for all requests.")
}

func malformedVersion(version string) error {
	return refuse(http.StatusBadRequest, "InvalidApiVersionParameter", "The api-version '%s' is invalid.", version)
}

func unsupportedVersion(version string, s *service) error {
	return refuse(http.StatusBadRequest, "NoRegisteredProviderFound", "No registered resource provider found for location '%s' and API version '%s' for type '%s'. The supported api-versions are '%s to %s'. The supported locations are '%s'.", location, version, s.typeName(), s.oldest, s.newest, location)
}

func tooManyRequests(retryAfter string) error {
	r := refuse(http.StatusTooManyRequests, "TooManyRequests", "The request is being throttled as the limit has been reached for operation type - Write_ObservationWindow_00:01:00. For more information, see - https://aka.ms/srpthrottlinglimits")
	r.retryAfter = retryAfter
	return r
}

// busyConflict is how most services refuse a second operation. No recording shows the message.
func busyConflict(r *resource) error {
	return refuse(http.StatusConflict, "AnotherOperationInProgress", "Another operation on resource '%s' is in progress. Retry the request later.", r.id.last())
}

// busyCosmos is quoted in hashicorp/terraform-provider-azurerm#15842.
func busyCosmos(r *resource) error {
	return refuse(http.StatusPreconditionFailed, "PreconditionFailed", "There is another user operation in progress which requires an exclusive lock on [%s]. Please retry after sometime.\r\nActivityId: %s, Microsoft.Azure.Documents.Common/2.14.0", r.id.name(), uuid.NewString())
}

func badRequest(format string, args ...any) error {
	return refuse(http.StatusBadRequest, "BadRequest", format, args...)
}

// writeError responds with Azure Resource Manager's error JSON.
func writeError(w http.ResponseWriter, err error) {
	r, ok := errors.AsType[*refusal](err)
	if !ok {
		r = refuse(http.StatusInternalServerError, "InternalServerError", "The stand-in failed: %v", err)
	}
	if r.retryAfter != "" {
		w.Header().Set("Retry-After", r.retryAfter)
	}
	w.Header().Set("x-ms-failure-cause", "gateway")
	writeJSON(w, r.status, map[string]any{"error": map[string]string{"code": r.code, "message": r.message}})
}

func writeJSON(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(body) // the caller may have gone
}

// stamp sets the headers of every response of Azure Resource Manager.
func stamp(h http.Header) {
	h.Set("Cache-Control", "no-cache")
	h.Set("Pragma", "no-cache")
	h.Set("Expires", "-1")
	h.Set("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
	h.Set("X-Content-Type-Options", "nosniff")
	for _, name := range []string{"x-ms-request-id", "x-ms-correlation-request-id"} {
		h.Set(name, uuid.NewString())
	}
}
