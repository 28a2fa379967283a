package identity

import (
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"github.com/google/uuid"

	"rotunda/internal/standin/entra"
)

const apiVersion = "2019-08-01"

// answer is App Service's response, with times as strings of Unix seconds.
type answer struct {
	AccessToken string `json:"access_token"`
	ClientID    string `json:"client_id"`
	ExpiresOn   string `json:"expires_on"`
	NotBefore   string `json:"not_before"`
	Resource    string `json:"resource"`
	TokenType   string `json:"token_type"`
}

// ServeHTTP serves GET /msi/token?resource=…&api-version=2019-08-01, with client_id, principal_id
// or object_id for a user-assigned identity. 401: the header X-IDENTITY-HEADER is missing or
// wrong. 400: a parameter is missing or wrong.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != Path {
		refuse(w, http.StatusNotFound, fmt.Sprintf("There is nothing at %s; the token endpoint is %s.", r.URL.Path, Path))
		return
	}
	s.requests.Add(1)
	if s.Faults().Fail(w, r, func(status int, message string) { refuse(w, status, message) }) {
		return
	}
	if status, message := s.check(r); status != 0 {
		refuse(w, status, message)
		return
	}
	s.grant(w, r)
}

// check returns an error status and message, or 0.
func (s *Server) check(r *http.Request) (status int, message string) {
	query := r.URL.Query()
	switch {
	case r.Method != http.MethodGet:
		return http.StatusMethodNotAllowed, "The token endpoint supports only GET."
	case !s.knows(r.Header.Get("X-IDENTITY-HEADER")):
		return http.StatusUnauthorized, "The header X-IDENTITY-HEADER is missing or wrong: send the value of IDENTITY_HEADER."
	case query.Get("api-version") != apiVersion:
		return http.StatusBadRequest, fmt.Sprintf("The api-version %q is not supported: send %s.", query.Get("api-version"), apiVersion)
	case query.Get("resource") == "":
		return http.StatusBadRequest, "The query parameter resource is missing: name what the token is for, such as https://vault.azure.net."
	}
	return 0, ""
}

func (s *Server) knows(header string) bool {
	return subtle.ConstantTimeCompare([]byte(header), []byte(s.header)) == 1
}

func (s *Server) grant(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	who, ok := s.choose(query)
	if !ok { // the sentence is the real one's: AzureAD/microsoft-authentication-library-for-dotnet, its managed identity tests
		refuse(w, http.StatusBadRequest, "No User Assigned or Delegated Managed Identity found for specified ClientId/ResourceId/PrincipalId.")
		return
	}
	token, claims, err := s.directory.Issue(who.ClientID, query.Get("resource"), s.options.Lifetime)
	if err != nil {
		refuse(w, statusOf(err), err.Error())
		return
	}
	write(w, http.StatusOK, answer{
		AccessToken: token, ClientID: who.ClientID, Resource: query.Get("resource"), TokenType: "Bearer",
		ExpiresOn: strconv.FormatInt(claims.ExpiresAt.Unix(), 10),
		NotBefore: strconv.FormatInt(claims.NotBefore.Unix(), 10),
	})
}

// statusOf returns the status for an error of Entra, which App Service passes on.
func statusOf(err error) int {
	if refusal, ok := errors.AsType[*entra.Refusal](err); ok {
		return refusal.Status
	}
	return http.StatusInternalServerError
}

// refuse responds with App Service's error JSON.
func refuse(w http.ResponseWriter, status int, message string) {
	write(w, status, map[string]any{"statusCode": status, "message": message, "correlationId": uuid.NewString()})
}

func write(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the caller may have gone
}
