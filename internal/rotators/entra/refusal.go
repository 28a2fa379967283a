package entra

import (
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"rotunda/internal/rotation"
)

// refusal is an error of Graph (microsoftgraph/microsoft-graph-docs-contrib concepts/errors.md).
type refusal struct {
	status int
	code   string
	full   bool          // the application has no room for another credential
	after  time.Duration // Retry-After
}

func (r *refusal) Error() string { return "Microsoft Graph: " + strconv.Itoa(r.status) + " " + r.code }

// maxCode is how long a code may be, to be quoted.
const maxCode = 64

func newRefusal(response *http.Response, text []byte) *refusal {
	var body struct {
		Error struct {
			Code    string `json:"code"`
			Message string `json:"message"`
		} `json:"error"`
	}
	_ = json.Unmarshal(text, &body) // what is no error of Graph's has no code
	r := &refusal{status: response.StatusCode, code: body.Error.Code}
	if len(r.code) > maxCode || strings.Trim(r.code, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") != "" {
		r.code = ""
	}
	// hashicorp/vault-plugin-secrets-azure client.go knows this case by its sentence, too.
	r.full = strings.Contains(body.Error.Message, "size of the object has exceeded its limit")
	r.after = retryAfter(response.Header.Get("Retry-After"))
	return r
}

// maxAfter bounds what is said of Retry-After.
const maxAfter = time.Hour

func retryAfter(text string) time.Duration {
	seconds, err := strconv.Atoi(text)
	if err != nil || seconds < 1 {
		return 0
	}
	return min(time.Duration(seconds)*time.Second, maxAfter)
}

// isRefusal reports whether Graph refused with a status.
func isRefusal(err error, status int) bool {
	r, ok := errors.AsType[*refusal](err)
	return ok && r.status == status
}

const remedyRights = "Assign the app's identity the application permission Application.ReadWrite.OwnedBy of Microsoft Graph, and make it an owner of the application (az ad app owner add)."

// explain turns a refusal into a fault. id is the application's in the tag ProviderAddress.
func explain(err error, id string) error {
	r, ok := errors.AsType[*refusal](err)
	if !ok {
		return err
	}
	switch {
	case r.status == http.StatusTooManyRequests:
		return throttled(r.after)
	case r.status >= http.StatusInternalServerError || r.status == http.StatusRequestTimeout || r.status == http.StatusConflict:
		return rotation.Temporaryf("Microsoft Graph answered %d.", r.status)
	case r.status == http.StatusUnauthorized:
		return rotation.Temporaryf("Microsoft Graph does not accept the app's token (401 %s).", r.code)
	case r.status == http.StatusForbidden:
		return rotation.Permanentf("The app's identity may not manage the application %s in Entra (403 %s). %s", id, r.code, remedyRights)
	case r.status == http.StatusNotFound:
		return rotation.Permanentf("The tenant of the app's identity has no application with the object id or client id %s. A deleted application can be restored for 30 days.", id)
	}
	return r.explainRequest(id)
}

// explainRequest is explain for what Graph finds wrong with the request. The codes of the tenant's
// policy are those in OfficeDev/microsoft-365-agents-toolkit
// packages/fx-core/src/component/driver/aad/utility/constants.ts.
func (r *refusal) explainRequest(id string) error {
	switch {
	case r.code == "CredentialInvalidLifetimeAsPerAppPolicy":
		return rotation.Permanentf("The tenant's app management policy allows client secrets only a shorter life than the tags ask for: %s, the grace period and %d days. Lower %s.",
			rotation.TagValidity, int(reserve/day), rotation.TagValidity)
	case r.code == "CredentialTypeNotAllowedAsPerAppPolicy":
		return rotation.Permanentf("The tenant's app management policy allows the application %s no client secrets. %s", id, federated)
	case r.full:
		return rotation.Permanentf("The application %s has too many credentials. Remove those that nobody uses: az ad app credential list, and delete.", id)
	}
	return rotation.Permanentf("Microsoft Graph refused a change of the application %s (%d %s).", id, r.status, r.code)
}

func throttled(after time.Duration) error {
	if after > 0 {
		return rotation.Temporaryf("Microsoft Graph has too many requests, and asks to wait for %s.", after)
	}
	return rotation.Temporaryf("Microsoft Graph has too many requests.")
}
