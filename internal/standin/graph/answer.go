package graph

import (
	"encoding/json"
	"net/http"
	"time"

	"github.com/google/uuid"
)

func denied(w http.ResponseWriter) {
	refuse(w, http.StatusForbidden, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")
}

func badRequest(w http.ResponseWriter, message string) {
	refuse(w, http.StatusBadRequest, "Request_BadRequest", message)
}

// refuse writes an error (concepts/errors.md).
func refuse(w http.ResponseWriter, status int, code, message string) {
	id := uuid.NewString()
	write(w, status, map[string]any{"error": map[string]any{
		"code": code, "message": message,
		"innerError": map[string]string{"date": time.Now().UTC().Format("2006-01-02T15:04:05"), "request-id": id, "client-request-id": id},
	}})
}

func write(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8")
	w.Header().Set("request-id", uuid.NewString())
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the caller may have gone
}
