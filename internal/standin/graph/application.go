package graph

import (
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"

	"rotunda/internal/standin/entra"
)

// credential is a passwordCredential (api-reference/v1.0/resources/passwordcredential.md).
type credential struct {
	CustomKeyIdentifier *string `json:"customKeyIdentifier"`
	DisplayName         *string `json:"displayName"`
	EndDateTime         string  `json:"endDateTime"`
	Hint                string  `json:"hint"`
	KeyID               string  `json:"keyId"`
	SecretText          *string `json:"secretText"`
	StartDateTime       string  `json:"startDateTime"`
}

func show(c entra.Credential) credential {
	shown := credential{
		EndDateTime: c.End.UTC().Format(time.RFC3339Nano), StartDateTime: c.Start.UTC().Format(time.RFC3339Nano), Hint: c.Hint(), KeyID: c.KeyID,
	}
	if c.Name != "" {
		shown.DisplayName = &c.Name
	}
	return shown
}

func (s *Server) get(w http.ResponseWriter, r *http.Request, a entra.Application) {
	credentials := []credential{}
	for _, c := range s.directory.Credentials(a.ClientID) {
		credentials = append(credentials, show(c))
	}
	whole := map[string]any{
		"id": a.RegistrationID, "appId": a.ClientID, "displayName": a.Name, "signInAudience": "AzureADMyOrg",
		"identifierUris": append([]string{}, a.URIs...), "passwordCredentials": credentials, "keyCredentials": []any{},
	}
	body := map[string]any{}
	selected := r.URL.Query().Get("$select")
	for name, value := range whole {
		if selected == "" || isSelected(selected, name) {
			body[name] = value
		}
	}
	body["@odata.context"] = Resource + "/v1.0/$metadata#applications/$entity"
	write(w, http.StatusOK, body)
}

func isSelected(list, name string) bool {
	for each := range strings.SplitSeq(list, ",") {
		if strings.EqualFold(strings.TrimSpace(each), name) {
			return true
		}
	}
	return false
}

func (s *Server) owners(w http.ResponseWriter, _ *http.Request, a entra.Application) {
	list := []map[string]string{}
	for _, id := range a.Owners {
		list = append(list, map[string]string{"@odata.type": "#microsoft.graph.servicePrincipal", "id": id})
	}
	write(w, http.StatusOK, map[string]any{"@odata.context": Resource + "/v1.0/$metadata#directoryObjects", "value": list})
}

// maxBody limits a request.
const maxBody = 64 << 10

func (s *Server) addPassword(w http.ResponseWriter, r *http.Request, a entra.Application) {
	var body struct {
		Credential struct {
			DisplayName   string    `json:"displayName"`
			StartDateTime time.Time `json:"startDateTime"`
			EndDateTime   time.Time `json:"endDateTime"`
		} `json:"passwordCredential"`
	}
	if r.ContentLength != 0 && json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody)).Decode(&body) != nil {
		badRequest(w, "Unable to read JSON request payload.")
		return
	}
	wanted := body.Credential
	if days := s.Faults().MaxLifetimeDays; days > 0 && time.Until(wanted.EndDateTime) > time.Duration(days)*24*time.Hour {
		refuse(w, http.StatusBadRequest, "CredentialInvalidLifetimeAsPerAppPolicy", "Credential lifetime exceeds the max value allowed as per assigned policy.")
		return
	}
	made, _ := s.directory.AddCredential(a.ClientID, wanted.DisplayName, wanted.StartDateTime, wanted.EndDateTime)
	s.lose()
	shown := show(made)
	shown.SecretText = &made.Text
	w.Header().Set("Cache-Control", "no-cache")
	write(w, http.StatusOK, shown)
}

func (s *Server) removePassword(w http.ResponseWriter, r *http.Request, a entra.Application) {
	var body struct {
		KeyID string `json:"keyId"`
	}
	err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody)).Decode(&body)
	if err != nil || uuid.Validate(body.KeyID) != nil {
		badRequest(w, "A value without a type name was found and no expected type is available.")
		return
	}
	if !s.directory.RemoveCredential(a.ClientID, body.KeyID) {
		badRequest(w, "No password credential found with keyId '"+body.KeyID+"'.")
		return
	}
	s.lose()
	w.WriteHeader(http.StatusNoContent)
}

// lose closes the connection if an answer is to be lost.
func (s *Server) lose() {
	if s.use(func(f *Faults) *int { return &f.LoseWrites }) {
		panic(http.ErrAbortHandler)
	}
}
