package wiretest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
)

// found is an operation of the document, as a request matches it.
type found struct {
	path      string
	item      *openapi3.PathItem
	operation *openapi3.Operation
	variables map[string]string
}

// find returns the operation that a path and a method match, or nil. As in the app, text matches
// in any case and goes before parameters, unless the query lacks what the operation requires, a
// trailing slash is ignored, and HEAD is a GET.
func (c *contract) find(method string, target *url.URL) *found {
	if method == http.MethodHead {
		method = http.MethodGet
	}
	var best *found
	least := 0
	for path, item := range c.document.Paths.Map() {
		variables, ok := match("/api"+path, target.EscapedPath())
		operation := item.GetOperation(method)
		if !ok || operation == nil {
			continue
		}
		// No path has more than two variables.
		if cost := 10*lacking(operation, target.Query()) + len(variables); best == nil || cost < least {
			best, least = &found{path, item, operation, variables}, cost
		}
	}
	return best
}

// lacking counts the parameters that an operation requires and a query lacks.
func lacking(operation *openapi3.Operation, query url.Values) (n int) {
	for _, one := range operation.Parameters {
		p := one.Value
		has := slices.ContainsFunc(slices.Collect(maps.Keys(query)), func(name string) bool { return strings.EqualFold(name, p.Name) })
		if p.In == "query" && p.Required && !has {
			n++
		}
	}
	return n
}

func match(template, path string) (variables map[string]string, ok bool) {
	want, got := strings.Split(template, "/"), strings.Split(strings.TrimSuffix(path, "/"), "/")
	if len(want) != len(got) {
		return nil, false
	}
	variables = map[string]string{}
	for i, segment := range want {
		name, isVariable := strings.CutPrefix(segment, "{")
		text, err := url.PathUnescape(got[i])
		switch {
		case err != nil, !isVariable && !strings.EqualFold(segment, text), isVariable && text == "":
			return nil, false
		case isVariable:
			variables[strings.TrimSuffix(name, "}")] = text
		}
	}
	version, has := variables["version"]
	return variables, !has || len(version) == 32
}

// compare returns what of an exchange the document does not describe. Whatever is accepted must be
// described. What is refused need not be, but the refusal must.
func (c *contract) compare(r *http.Request, sent *kept, response *http.Response, body []byte) error {
	if path := r.URL.Path; len(path) < 5 || !strings.EqualFold(path[:5], "/api/") {
		return nil // the host's own
	}
	f := c.find(r.Method, r.URL)
	if f == nil {
		return c.compareRefusal(response, body)
	}
	request, err := f.request(r, sent)
	accepted := response.StatusCode < http.StatusBadRequest
	if err != nil && accepted {
		return err
	}
	input := &openapi3filter.RequestValidationInput{
		Request: request, PathParams: f.variables,
		Route: &routers.Route{Spec: c.document, Path: f.path, PathItem: f.item, Method: request.Method, Operation: f.operation},
		Options: &openapi3filter.Options{
			AuthenticationFunc: openapi3filter.NoopAuthenticationFunc, ExcludeReadOnlyValidations: true, IncludeResponseStatus: true,
			SkipSettingDefaults: true, RejectWhenRequestBodyNotSpecified: true,
		},
	}
	if accepted {
		input.Options.ExcludeRequestBody = hasInvalidItems(body)
		if err := openapi3filter.ValidateRequest(context.Background(), input); err != nil {
			return fmt.Errorf("it was accepted: %w", err)
		}
	}
	return f.compareResponse(r, input, response, body)
}

// hasInvalidItems reports whether the response to a batch says of an item that it was invalid:
// such items fail on their own.
func hasInvalidItems(body []byte) bool {
	var batch struct {
		Value []struct{ Status int }
	}
	return json.Unmarshal(body, &batch) == nil &&
		slices.ContainsFunc(batch.Value, func(one struct{ Status int }) bool { return one.Status == http.StatusBadRequest })
}

func (f *found) compareResponse(r *http.Request, input *openapi3filter.RequestValidationInput, response *http.Response, body []byte) error {
	described := f.operation.Responses.Status(response.StatusCode)
	if described == nil {
		return fmt.Errorf("%s has no such status: %.300s", f.operation.OperationID, body)
	}
	if err := compareHeaders(described.Value.Headers, response.Header); err != nil {
		return err
	}
	if len(described.Value.Content) == 0 && len(body) > 0 {
		return fmt.Errorf("a body: %.300s", body)
	}
	if r.Method == http.MethodHead {
		return nil
	}
	return openapi3filter.ValidateResponse(context.Background(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: input, Status: response.StatusCode, Header: response.Header,
		Body: io.NopCloser(bytes.NewReader(body)), Options: input.Options,
	})
}

// undescribed are headers that HTTP itself defines for every response.
var undescribed = []string{"Content-Type", "Content-Length", "Date", "Connection", "Transfer-Encoding"}

func compareHeaders(described openapi3.Headers, got http.Header) error {
	known := map[string]bool{}
	for name, header := range described {
		name = http.CanonicalHeaderKey(name)
		known[name] = true
		if header.Value.Required && got.Get(name) == "" {
			return fmt.Errorf("the header %s is missing", name)
		}
	}
	for name := range got {
		if !known[name] && !slices.Contains(undescribed, name) {
			return fmt.Errorf("the header %s", name)
		}
	}
	return nil
}

// compareRefusal is about a request that matches no operation: the response must be an error of
// the document's form.
func (c *contract) compareRefusal(response *http.Response, body []byte) error {
	if response.StatusCode < http.StatusBadRequest {
		return fmt.Errorf("no operation has this path and method, and it was accepted: %.300s", body)
	}
	if response.Request != nil && response.Request.Method == http.MethodHead {
		return nil
	}
	refusal := c.document.Components.Responses["NotFound"].Value.Content.Get("application/json").Schema.Value
	var value any
	if err := json.Unmarshal(body, &value); err != nil {
		return err
	}
	return refusal.VisitJSON(value, openapi3.EnableJSONSchema2020())
}
