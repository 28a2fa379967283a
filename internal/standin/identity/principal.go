package identity

import (
	"net/url"
	"strings"

	"github.com/google/uuid"
)

// principal is one managed identity of the app.
type principal struct {
	clientID string
	objectID string
}

// newPrincipal derives the object id from the client id, so that equal client ids are the same
// principal.
func newPrincipal(tenant, clientID string) principal {
	objectID := uuid.NewSHA1(uuid.MustParse(tenant), []byte(strings.ToLower(clientID)))
	return principal{clientID: strings.ToLower(clientID), objectID: objectID.String()}
}

// choose returns the requested identity, by default the first: the system-assigned one. A
// resource id (mi_res_id) is never known.
func (s *Server) choose(query url.Values) (principal, bool) {
	if query.Has("mi_res_id") {
		return principal{}, false
	}
	byClient := strings.ToLower(query.Get("client_id"))
	byObject := strings.ToLower(query.Get("principal_id") + query.Get("object_id"))
	if byClient == "" && byObject == "" {
		return s.principals[0], true
	}
	for _, p := range s.principals {
		if p.clientID == byClient || p.objectID == byObject {
			return p, true
		}
	}
	return principal{}, false
}
