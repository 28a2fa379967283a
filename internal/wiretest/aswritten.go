package wiretest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// request returns the request as the document writes it, which says in words what else the app
// accepts: names and words of the query in any case, the parameters that gateways add, and null
// for a field that is left out. The app does not read the media type of a body. The error is about
// what is not described.
func (f *found) request(r *http.Request, sent *kept) (*http.Request, error) {
	request := r.Clone(context.Background())
	request.Body, request.ContentLength = http.NoBody, 0
	if request.Method == http.MethodHead {
		request.Method = http.MethodGet
	}
	body, whole := sent.text()
	if whole && len(body) > 0 {
		body = withoutNulls(bytes.TrimPrefix(body, []byte("\ufeff")))
		request.Body, request.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
		request.Header.Set("Content-Type", "application/json")
	}
	query, err := f.query(request.URL.Query())
	request.URL.RawQuery = query.Encode()
	return request, err
}

// withoutNulls returns JSON without the fields that are null.
func withoutNulls(body []byte) []byte {
	var value any
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	if decoder.Decode(&value) != nil {
		return body
	}
	dropNulls(value)
	text, err := json.Marshal(value)
	if err != nil {
		return body
	}
	return text
}

func dropNulls(value any) {
	switch value := value.(type) {
	case []any:
		for _, item := range value {
			dropNulls(item)
		}
	case map[string]any:
		maps.DeleteFunc(value, func(_ string, inside any) bool { return inside == nil })
		for _, inside := range value {
			dropNulls(inside)
		}
	}
}

// gateways are the parameters that the description says are let through, and the key's.
var gateways = []string{"code", "clientId", "subscription-key", "sig", "sp", "sv", "se", "st"}

func (f *found) query(sent url.Values) (url.Values, error) {
	query := url.Values{}
	var unknown error
	for name, values := range sent {
		same := func(other string) bool { return strings.EqualFold(name, other) }
		at := slices.IndexFunc(f.operation.Parameters, func(p *openapi3.ParameterRef) bool { return p.Value.In == "query" && same(p.Value.Name) })
		switch {
		case at >= 0:
			parameter := f.operation.Parameters[at].Value
			query[parameter.Name] = inCase(parameter.Schema.Value, values)
		case !slices.ContainsFunc(gateways, same):
			unknown = errors.Join(unknown, fmt.Errorf("the query parameter %q was accepted", name))
		}
	}
	return query, unknown
}

// inCase returns values with the words of a schema as it writes them.
func inCase(schema *openapi3.Schema, values []string) []string {
	words := []string{"true", "false"}
	if !schema.Type.Is("boolean") {
		words = nil
		for _, word := range schema.Enum {
			words = append(words, fmt.Sprint(word))
		}
	}
	written := slices.Clone(values)
	for i, value := range written {
		if at := slices.IndexFunc(words, func(word string) bool { return strings.EqualFold(word, value) }); at >= 0 {
			written[i] = words[at]
		}
	}
	return written
}
