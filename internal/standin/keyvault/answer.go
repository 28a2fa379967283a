package keyvault

import (
	"encoding/json"
	"errors"
	"net/http"

	"github.com/google/uuid"
)

const (
	region         = "westeurope"
	serviceVersion = "1.9.3070.1"
)

// stamp sets the headers of every response.
func stamp(h http.Header, r *http.Request) {
	h.Set("Cache-Control", "no-cache")
	h.Set("Pragma", "no-cache")
	h.Set("Expires", "-1")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Strict-Transport-Security", "max-age=31536000;includeSubDomains")
	h.Set("x-ms-request-id", uuid.NewString())
	h.Set("x-ms-keyvault-region", region)
	h.Set("x-ms-keyvault-service-version", serviceVersion)
	h.Set("x-ms-keyvault-network-info", "conn_type=Ipv4;addr=127.0.0.1;act_addr_fam=InterNetwork;")
	if id := r.Header.Get("x-ms-client-request-id"); id != "" {
		h.Set("x-ms-client-request-id", id)
	}
}

// write responds 200 with JSON, or 204 without a body.
func write(w http.ResponseWriter, answer any) {
	if answer == nil {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	writeJSON(w, http.StatusOK, answer)
}

// writeError responds with Key Vault's error JSON.
func writeError(w http.ResponseWriter, err error) {
	type inner struct {
		Code string `json:"code"`
	}
	type failure struct {
		Code    string `json:"code"`
		Message string `json:"message"`
		Inner   *inner `json:"innererror,omitempty"`
	}
	r := asRefusal(err)
	body := failure{Code: r.code, Message: r.message}
	if r.inner != "" {
		body.Inner = &inner{r.inner}
	}
	writeJSON(w, r.status, map[string]failure{"error": body})
}

// asRefusal returns the refusal in err. Any other error is this program's own, and contains no
// value.
func asRefusal(err error) *refusal {
	if r, ok := errors.AsType[*refusal](err); ok {
		return r
	}
	return &refusal{status: http.StatusInternalServerError, code: "InternalServerError", message: "The stand-in failed: " + err.Error()}
}

func writeJSON(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(body) // the caller may have gone
}
