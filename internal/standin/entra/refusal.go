package entra

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/google/uuid"
)

// Refusal is an error in Entra's words.
type Refusal struct {
	Status  int
	Name    string // of RFC 6749, such as invalid_client
	Code    int    // the number after AADSTS
	Message string
}

func (r *Refusal) Error() string { return "AADSTS" + strconv.Itoa(r.Code) + ": " + r.Message }

// The sentences are those that users and tests have quoted: harness/harness-core (90002, 700016,
// 7000215; AzureClientExceptionHandlerTest.java), KelvinTegelaar and others (500011, 501051), and
// Microsoft's list of error codes for the rest (MicrosoftDocs/entra-docs
// docs/identity-platform/reference-error-codes.md).

func unknownTenant(tenant string) error {
	return &Refusal{http.StatusBadRequest, "invalid_request", 90002, fmt.Sprintf("Tenant '%s' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud. Check with your subscription administrator, this may happen if there are no active subscriptions for the tenant.", tenant)}
}

func missingParameter(name string) error {
	return &Refusal{http.StatusBadRequest, "invalid_request", 900144, fmt.Sprintf("The request body must contain the following parameter: '%s'.", name)}
}

func unsupportedGrant(grant string) error {
	return &Refusal{http.StatusBadRequest, "unsupported_grant_type", 70003, fmt.Sprintf("The app requested an unsupported grant type '%s'.", grant)}
}

func (d *Directory) unknownApplication(clientID string) error {
	return &Refusal{http.StatusBadRequest, "unauthorized_client", 700016, fmt.Sprintf("Application with identifier '%s' was not found in the directory '%s'. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant. You may have sent your authentication request to the wrong tenant.", clientID, d.options.Name)}
}

func missingCredential() error {
	return &Refusal{http.StatusUnauthorized, "invalid_client", 7000218, "The request body must contain the following parameter: 'client_assertion' or 'client_secret'."}
}

func wrongSecret(clientID string) error {
	return &Refusal{http.StatusUnauthorized, "invalid_client", 7000215, fmt.Sprintf("Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app '%s'.", clientID)}
}

// The sentence for 7000222 is one that users have quoted
// (Azure-Samples/active-directory-dotnetcore-daemon-v2#87), and that for 7000112 is Microsoft's,
// of the support article "Error AADSTS7000112 - Application is disabled".

func expiredSecret(clientID string) error {
	return &Refusal{http.StatusUnauthorized, "invalid_client", 7000222, fmt.Sprintf("The provided client secret keys for app '%s' are expired. Visit the Azure portal to create new keys for your app: https://aka.ms/NewClientSecret, or consider using certificate credentials for added security: https://aka.ms/certCreds.", clientID)}
}

func disabled(a Application) error {
	return &Refusal{http.StatusUnauthorized, "unauthorized_client", 7000112, fmt.Sprintf("Application '%s'(%s) is disabled.", a.ClientID, a.Name)}
}

func wrongScope(scope string) error {
	return &Refusal{http.StatusBadRequest, "invalid_scope", 1002012, fmt.Sprintf("The provided value for scope %s is not valid. Client credential flows must have a scope value with /.default suffixed to the resource identifier (application ID URI).", scope)}
}

func (d *Directory) unknownResource(resource string) error {
	return &Refusal{http.StatusBadRequest, "invalid_resource", 500011, fmt.Sprintf("The resource principal named %s was not found in the tenant named %s. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant. You might have sent your authentication request to the wrong tenant.", resource, d.options.Name)}
}

func notAssigned(client, api Application, resource string) error {
	return &Refusal{http.StatusBadRequest, "invalid_grant", 501051, fmt.Sprintf("Application '%s'(%s) is not assigned to a role for the application '%s'(%s).", client.ClientID, client.Name, resource, api.Name)}
}

// refusalBody is Entra's error JSON.
type refusalBody struct {
	Error         string `json:"error"`
	Description   string `json:"error_description"`
	Codes         []int  `json:"error_codes"`
	Timestamp     string `json:"timestamp"`
	TraceID       string `json:"trace_id"`
	CorrelationID string `json:"correlation_id"`
	URI           string `json:"error_uri"`
}

// refuse writes an error. The correlation id is the client's, if it sent one.
func (d *Directory) refuse(w http.ResponseWriter, r *http.Request, err error) {
	refusal, ok := errors.AsType[*Refusal](err)
	if !ok {
		refusal = &Refusal{http.StatusInternalServerError, "server_error", 90033, "A transient error has occurred. Please try again."}
	}
	now, trace, correlation := d.options.Now().UTC().Format(time.DateTime)+"Z", uuid.NewString(), r.Header.Get("client-request-id")
	if _, err := uuid.Parse(correlation); err != nil {
		correlation = uuid.NewString()
	}
	write(w, refusal.Status, refusalBody{
		Error:       refusal.Name,
		Description: fmt.Sprintf("%s Trace ID: %s Correlation ID: %s Timestamp: %s", refusal, trace, correlation, now),
		Codes:       []int{refusal.Code}, Timestamp: now, TraceID: trace, CorrelationID: correlation,
		URI: "https://" + Host + "/error?code=" + strconv.Itoa(refusal.Code),
	})
}

func write(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("x-ms-request-id", uuid.NewString())
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the caller may have gone
}
