package arm

import (
	"maps"
	"net/http"
	"strings"
	"time"

	"rotunda/internal/standin/entra"
)

// servePoll answers a request for an operation, and reports whether it was one. The URL carries
// the right to poll: without it, the action is not in the roles that regenerate keys.
func (s *Server) servePoll(w http.ResponseWriter, r *http.Request, caller entra.Claims) bool {
	parts := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	if len(parts) < 8 || !strings.EqualFold(parts[0], "subscriptions") || !strings.EqualFold(parts[2], "providers") || !strings.EqualFold(parts[4], "locations") {
		return false
	}
	s.mu.Lock()
	op, found := s.operations[strings.ToLower(parts[len(parts)-1])]
	s.mu.Unlock()
	path := strings.Join(parts[6:len(parts)-1], "/")
	if !found || !strings.EqualFold(path, op.style.statusPath) && !strings.EqualFold(path, op.style.resultPath) {
		writeError(w, refuse(http.StatusNotFound, "NotFound", "The operation '%s' was not found.", parts[len(parts)-1]))
		return true
	}
	if r.URL.Query().Get("s") != op.signed {
		writeError(w, authorizationFailed(caller.Client(), caller.ObjectID, op.resource.id.namespace()+"/locations/"+parts[6]+"/read", "/"+strings.Join(parts, "/")))
		return true
	}
	poll := action{operation: Poll, run: func(c *call) (answer, error) { return op.poll(c, strings.EqualFold(path, op.style.statusPath)), nil }}
	s.performAction(w, &call{s, r, caller, op.resource, nil, nil, apiVersion(r)}, poll)
	return true
}

// poll returns the status, or the result of an operation.
func (op *operation) poll(c *call, status bool) answer {
	op.resource.mu.Lock()
	state := op.status
	op.resource.mu.Unlock()
	found := answer{status: http.StatusOK, header: http.Header{}}
	switch {
	case status:
		found.body = op.describe(state)
	case state == inProgress:
		found.status, found.body = http.StatusAccepted, map[string]string{"status": op.style.running}
		found.header.Set("Location", "https://"+Host+c.request.URL.RequestURI())
	case state == failed:
		return answer{status: http.StatusInternalServerError, header: http.Header{}, body: map[string]any{"error": op.failure()}}
	default:
		return op.resource.service.regenerated(op.resource, op.key)
	}
	if state == inProgress && op.style.retryAfter != "" {
		found.header.Set("Retry-After", op.style.retryAfter)
	}
	return found
}

// describe returns the body of Azure-AsyncOperation (Azure/azure-resource-manager-rpc
// v1.0/async-api-reference.md).
func (op *operation) describe(state string) map[string]any {
	status, _ := op.urls("2024-01-01")
	id, _, _ := strings.Cut(strings.TrimPrefix(status, "https://"+Host), "?")
	body := map[string]any{"id": id, "name": op.id, "status": state, "startTime": op.started.UTC().Format(time.RFC3339Nano)}
	switch state {
	case inProgress:
		body["status"] = op.style.running
	case failed:
		body["error"] = op.failure()
	case succeeded:
		if keys, ok := op.resource.service.regenerated(op.resource, op.key).body.(map[string]any); ok && op.style.resulting {
			maps.Copy(body, keys)
		}
	}
	return body
}

func (op *operation) failure() map[string]string {
	return map[string]string{"code": "InternalServerError", "message": "The key could not be regenerated. Retry the operation."}
}
