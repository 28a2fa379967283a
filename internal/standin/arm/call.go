package arm

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"regexp"
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
	if parent, ok := s.child(r); err != nil && ok {
		s.performAction(w, &call{s, r, caller, parent, nil, nil, version}, readParent)
		return
	}
	if err != nil {
		writeError(w, err)
		return
	}
	s.perform(w, &call{s, r, caller, found, rest, body, version})
}

// apiVersion returns the query parameter, whose name ignores case.
func apiVersion(r *http.Request) string {
	for name, values := range r.URL.Query() {
		if strings.EqualFold(name, "api-version") && len(values) > 0 {
			return values[0]
		}
	}
	return ""
}

var versionPattern = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}(-[a-z]+(\.\d+)?)?$`)

func checkVersion(version string) error {
	if version == "" {
		return missingVersion()
	}
	if !versionPattern.MatchString(version) {
		return malformedVersion(version)
	}
	return nil
}

// resolve returns the resource at a path, and the rest of the path: an action of the resource.
func (s *Server) resolve(path string) (*resource, []string, error) {
	parts := strings.Split(strings.Trim(path, "/"), "/")
	for n := len(parts); n >= 8; n-- {
		if found, ok := s.find("/" + strings.Join(parts[:n], "/")); ok {
			return found, parts[n:], nil
		}
	}
	return nil, nil, s.missing(parts)
}

// child returns a resource that is part of the one that a GET names.
func (s *Server) child(r *http.Request) (*resource, bool) {
	for _, each := range s.all() {
		if outer := strings.Join(strings.SplitN(each.id.text, "/", 10)[:9], "/"); r.Method == http.MethodGet && each.service.parent != nil && strings.EqualFold(outer, strings.TrimSuffix(r.URL.Path, "/")) {
			return each, true
		}
	}
	return nil, false
}

// readParent describes what a resource is part of.
var readParent = action{operation: Get, run: func(c *call) (answer, error) {
	if right := c.resource.id.parentKind() + "/read"; !allowed(c.permissions(), right) {
		return answer{}, authorizationFailed(c.caller.Client(), c.caller.ObjectID, right, c.request.URL.Path)
	}
	return ok(c.resource.describeParent(c.request.URL.Path)), nil
}}

// missing returns the error about a path without a resource: what is missing is named from the
// outside inwards.
func (s *Server) missing(parts []string) error {
	if len(parts) < 8 || !strings.EqualFold(parts[0], "subscriptions") || !strings.EqualFold(parts[2], "resourceGroups") || !strings.EqualFold(parts[4], "providers") {
		return refuse(http.StatusNotFound, "InvalidResourceType", "The resource type could not be found in the namespace for api version.")
	}
	var subscription, group bool
	for _, r := range s.all() {
		inSubscription := strings.EqualFold(r.id.subscription, parts[1])
		subscription = subscription || inSubscription
		group = group || inSubscription && strings.EqualFold(r.id.group, parts[3])
	}
	switch {
	case !subscription:
		return subscriptionNotFound(parts[1])
	case !group:
		return groupNotFound(parts[3])
	}
	return resourceNotFound(parts[5]+"/"+parts[6], parts[7], parts[3])
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

func (c *call) checkSupported() error {
	if day := c.version[:len("2006-01-02")]; day < c.resource.service.oldest || day > c.resource.service.newest {
		return unsupportedVersion(c.version, c.resource.service)
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
