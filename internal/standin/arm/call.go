package arm

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"

	"rotunda/internal/standin/entra"
	"rotunda/internal/standin/fault"
)

// maxBody limits what the body of a request may be.
const maxBody = 1 << 20

// call is one request for a resource, of an authenticated caller.
type call struct {
	server   *Server
	request  *http.Request
	caller   entra.Claims
	resource *resource
	rest     []string // the path after the resource's id
	body     []byte
	version  string
}

// manage serves one request to Azure Resource Manager. Authentication comes first, then the
// api-version, then rights, then whether the resource exists.
func (s *Server) manage(w http.ResponseWriter, r *http.Request) {
	stamp(w.Header())
	caller, err := s.signIn(r)
	if err != nil {
		s.challenge(w, err)
		return
	}
	version := apiVersion(r)
	if err := checkVersion(version); err != nil {
		writeError(w, err)
		return
	}
	if s.servePoll(w, r, caller) {
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		return // the caller has gone, or sends more than any client does
	}
	found, rest, err := s.resolve(r.URL.Path)
	if child, action, ok := s.child(r); err != nil && ok {
		s.performAction(w, &call{s, r, caller, child, nil, nil, version}, action)
		return
	}
	if err != nil {
		writeError(w, err)
		return
	}
	s.perform(w, &call{s, r, caller, found, rest, body, version})
}

// perform carries the call out, or what its faults require.
func (s *Server) perform(w http.ResponseWriter, c *call) {
	action, found := c.action()
	if !found {
		writeError(w, c.noAction())
		return
	}
	s.performAction(w, c, action)
}

func (s *Server) performAction(w http.ResponseWriter, c *call, action action) {
	c.resource.counter.count(action.operation)
	injected := c.resource.faults.take(action.operation)
	pause(c.request.Context(), c.resource.faults.current().Latency+injected.Delay)
	if injected.Kind == DropBefore {
		panic(http.ErrAbortHandler) // net/http closes the connection without a response
	}
	answered, err := c.run(action, injected)
	if injected.Kind == DropAfter {
		panic(http.ErrAbortHandler)
	}
	s.log(c, action, err)
	if err != nil {
		writeError(w, err)
		return
	}
	answered.write(w)
}

func (c *call) run(action action, injected Fault) (answer, error) {
	if err := injected.refusal(); err != nil {
		return answer{}, err
	}
	if err := c.checkSupported(); err != nil && action.operation != Permissions && action.operation != Poll {
		return answer{}, err
	}
	if err := c.checkRight(action); err != nil {
		return answer{}, err
	}
	c.resource.progress(c.server.options.Now())
	return action.run(c)
}

// refusal returns the error of a fault.
func (f Fault) refusal() error {
	switch f.Kind {
	case Throttle:
		if f.RetryAfter == "" {
			return tooManyRequests("17")
		}
		return tooManyRequests(f.RetryAfter)
	case Error:
		failure := refuse(f.Status, f.Code, "%s", f.Message)
		failure.retryAfter = f.RetryAfter
		return failure
	}
	return nil
}

func (c *call) checkRight(action action) error {
	if action.right == "" {
		return nil
	}
	right := c.resource.service.kind + "/" + action.right
	if allowed(c.permissions(), right) {
		return nil
	}
	return authorizationFailed(c.caller.Client(), c.caller.ObjectID, right, c.resource.id.text)
}

func (c *call) permissions() []permission {
	return c.server.permissions(c.caller.ObjectID, c.resource.id.text, c.resource.faults.current().Deny)
}

func (c *call) noAction() error {
	if c.request.Method == http.MethodGet || len(c.rest) == 0 {
		return refuse(http.StatusMethodNotAllowed, "HttpMethodNotSupported", "The resource '%s' does not support HTTP method '%s'.", c.resource.id.text, c.request.Method)
	}
	return refuse(http.StatusNotFound, "InvalidResourceType", "The resource type '%s' could not be found in the namespace '%s' for api version '%s'.", strings.Join(c.rest, "/"), c.resource.id.namespace(), c.version)
}

// read reads the body into target. It refuses what is not JSON, and fields that the specification
// does not have.
func (c *call) read(target any) error {
	decoder := json.NewDecoder(strings.NewReader(string(c.body)))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(target); err != nil {
		return refuse(http.StatusBadRequest, "InvalidRequestContent", "The request content was invalid and could not be deserialized: '%v'.", err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return refuse(http.StatusBadRequest, "InvalidRequestContent", "The request content was invalid and could not be deserialized: 'Additional text encountered after finished reading JSON content'.")
	}
	return nil
}

func (s *Server) log(c *call, action action, err error) {
	s.options.Logger.DebugContext(c.request.Context(), "azure resource manager",
		"operation", action.operation, "resource", c.resource.id.text, "refused", err != nil)
}

// pause waits, unless the caller has gone.
func pause(ctx context.Context, d fault.Duration) {
	if d <= 0 {
		return
	}
	timer := time.NewTimer(time.Duration(d))
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
