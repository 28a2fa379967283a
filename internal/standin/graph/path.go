package graph

import (
	"slices"
	"strings"

	"rotunda/internal/standin/entra"
)

// target is how a path names an application.
type target struct {
	id       string
	isClient bool // it is the client id, which Graph calls appId
}

// parsePath reads a path such as /v1.0/applications/{id}/owners or
// /v1.0/applications(appId='{id}')/owners.
func parsePath(path string) (t target, action string, ok bool) {
	rest, ok := strings.CutPrefix(path, "/v1.0/applications")
	if !ok {
		return t, "", false
	}
	if keyed, isClient := strings.CutPrefix(rest, "(appId='"); isClient {
		id, after, closed := strings.Cut(keyed, "')")
		return target{id, true}, strings.TrimPrefix(after, "/"), closed
	}
	id, action, _ := strings.Cut(strings.TrimPrefix(rest, "/"), "/")
	return target{id: id}, action, id != ""
}

func (s *Server) find(t target) (entra.Application, bool) {
	found, ok := s.directory.FindApplication(t.id)
	return found, ok && strings.EqualFold(found.ClientID, t.id) == t.isClient
}

// The application permissions of Graph that count here (api-reference/v1.0/api/application-get.md,
// application-addpassword.md).
const (
	readAll   = "Application.Read.All"
	owned     = "Application.ReadWrite.OwnedBy"
	writeAll  = "Application.ReadWrite.All"
	directory = "Directory.ReadWrite.All"
)

func mayRead(c entra.Claims) bool { return hasRole(c, readAll, owned, writeAll, directory) }

// mayWrite allows what is owned to whoever may write only that.
func mayWrite(c entra.Claims, a entra.Application) bool {
	return hasRole(c, writeAll, directory) || hasRole(c, owned) && slices.Contains(a.Owners, c.ObjectID)
}

func hasRole(c entra.Claims, roles ...string) bool {
	return slices.ContainsFunc(roles, func(role string) bool { return slices.Contains(c.Roles, role) })
}
