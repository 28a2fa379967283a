package identity

import (
	"net/url"
	"strings"

	"rotunda/internal/standin/entra"
)

// The Azure resources whose identities these are. Entra writes the names of the parts in this
// mixture of cases.
const (
	resourceGroup = "/subscriptions/00000000-0000-4000-8000-0000000005b5/resourcegroups/rotunda/providers/"
	appID         = resourceGroup + "Microsoft.Web/sites/rotunda"
	identityID    = resourceGroup + "Microsoft.ManagedIdentity/userAssignedIdentities/"
)

// register adds the app's identities to the directory. The first is the system-assigned one.
func (s *Server) register(opts Options) error {
	system := entra.Application{Name: "rotunda", ClientID: opts.ClientID, ManagedIdentity: appID, Roles: opts.Roles}
	if err := s.registerOne(system); err != nil {
		return err
	}
	for _, id := range append([]string{UserAssigned}, opts.UserAssigned...) {
		if err := s.registerOne(entra.Application{Name: "id-" + id, ClientID: id, ManagedIdentity: identityID + "id-" + id}); err != nil {
			return err
		}
	}
	return nil
}

func (s *Server) registerOne(a entra.Application) error {
	registered, err := s.directory.Register(a)
	s.principals = append(s.principals, registered)
	return err
}

// choose returns the requested identity, by default the first. The system-assigned one is not
// found by its resource id.
func (s *Server) choose(query url.Values) (entra.Application, bool) {
	byClient, byResource := query.Get("client_id"), query.Get("mi_res_id")
	byObject := query.Get("principal_id") + query.Get("object_id")
	if byClient == "" && byObject == "" && byResource == "" {
		return s.principals[0], true
	}
	for i, p := range s.principals {
		if strings.EqualFold(p.ClientID, byClient) || strings.EqualFold(p.ObjectID, byObject) || i > 0 && strings.EqualFold(p.ManagedIdentity, byResource) {
			return p, true
		}
	}
	return entra.Application{}, false
}
