package openapi

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"rotunda/functions"
	"rotunda/internal/wire"
)

// description is what people have to be told about an operation.
type description struct {
	tag, summary, text string
	request            string // the schema of the body; "" for none
	requestExample     string
	headers            []string // the request headers that it reads, beside those of conditions
	offline            bool     // it reports no error of the vault
	answers            []answer
	errors             []int // the statuses of errors, beside those that follow from the definitions
}

// answer is a response that is not an error.
type answer struct {
	status  int
	text    string
	schemas map[string]string // by media type; "" for any JSON object
	headers []string
	example string
}

// path is a path of the description, with the parameters in it.
type path struct {
	path       string
	parameters []string
	suffix     string // of the operation's id
}

var parameterIn = regexp.MustCompile(`\{([A-Za-z]+)[^}]*\}`)

// routes returns the paths of a route of function.json. A last parameter that is optional makes
// two of it.
func routes(route string) []path {
	whole := routeTo(route)
	if !strings.HasSuffix(route, "?}") {
		return []path{whole}
	}
	whole.suffix = "Version"
	return []path{routeTo(route[:strings.LastIndex(route, "/")]), whole}
}

func routeTo(route string) path {
	p := path{path: "/" + parameterIn.ReplaceAllString(route, "{$1}")}
	for _, found := range parameterIn.FindAllStringSubmatch(route, -1) {
		p.parameters = append(p.parameters, found[1])
	}
	return p
}

// query returns the query parameters that a path has. A stage selects a version, so it is refused
// where the path has one.
func (p path) query(all []string) []string {
	if !slices.Contains(p.parameters, "version") {
		return all
	}
	return slices.DeleteFunc(slices.Clone(all), func(name string) bool { return name == "stage" })
}

func describe(o functions.Operation, d description, p path) (*operation, error) {
	made := &operation{
		OperationID: o.Name + p.suffix, Tags: []string{d.tag}, Summary: d.summary, Description: d.text, Responses: map[string]*response{},
		Access: accessTo(o),
	}
	if p.suffix != "" {
		made.Summary += ", of one version"
	}
	if o.Anonymous {
		made.Security = &[]map[string][]string{}
	}
	for _, name := range slices.Concat(p.parameters, p.query(o.Accepts.Query), []string{"api-version"}, o.Accepts.Conditions, d.headers, []string{"x-ms-client-request-id"}) {
		described := parameters[name]
		if described == nil {
			return nil, fmt.Errorf("the parameter %s is not described", name)
		}
		made.Parameters = append(made.Parameters, &parameter{Ref: "#/components/parameters/" + described.key()})
	}
	if o.Accepts.Body != (d.request != "") {
		return nil, fmt.Errorf("it reads a body: %v; a body is described: %v", o.Accepts.Body, d.request != "")
	}
	if d.request != "" {
		made.RequestBody = &requestBody{Required: true, Content: map[string]*mediaType{jsonType: {Schema: refer(d.request), Example: json.RawMessage(d.requestExample)}}}
	}
	for _, a := range d.answers {
		made.Responses[strconv.Itoa(a.status)] = a.response()
	}
	for _, status := range statuses(o, d) {
		code, r := errorReference(status)
		if made.Responses[code] == nil {
			made.Responses[code] = r
		}
	}
	return made, nil
}

// key returns the name of a parameter's component, such as query.skiptoken. It differs from the
// names of schemas, because generators make types of both.
func (p *parameter) key() string { return p.In + "." + strings.TrimPrefix(p.Name, "$") }

// parameterComponents returns the parameters by their keys.
func parameterComponents() map[string]*parameter {
	all := map[string]*parameter{}
	for _, p := range parameters {
		all[p.key()] = p
	}
	return all
}

// accessTo returns what a caller with a token must be allowed, or nil if it needs no action.
func accessTo(o functions.Operation) *access {
	if len(o.Actions) == 0 {
		return nil
	}
	a := &access{Actions: texts(o.Actions), Secrets: o.Secrets}
	for _, parameter := range slices.Sorted(maps.Keys(o.Also)) {
		a.Also = append(a.Also, alsoAllowed{parameter, string(o.Also[parameter])})
	}
	return a
}

// statuses returns the statuses of the errors of an operation.
func statuses(o functions.Operation, d description) []int {
	all := append([]int{http.StatusBadRequest, http.StatusInternalServerError, http.StatusNotImplemented, http.StatusServiceUnavailable}, d.errors...)
	if !o.Anonymous {
		all = append(all, http.StatusUnauthorized, http.StatusForbidden, http.StatusTooManyRequests)
	}
	if !d.offline {
		all = append(all, http.StatusTooManyRequests, http.StatusBadGateway, http.StatusGatewayTimeout)
	}
	if strings.Contains(o.Route, "{name}") {
		all = append(all, http.StatusNotFound)
	}
	if o.Accepts.Body {
		all = append(all, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType)
	}
	if slices.Contains(o.Accepts.Conditions, wire.IfMatch) {
		all = append(all, http.StatusPreconditionFailed)
	}
	return all
}

// always are the headers of each response.
var always = []string{"x-ms-request-id", "x-ms-client-request-id", "Cache-Control", "X-Content-Type-Options"}

func (a answer) response() *response {
	r := &response{Description: a.text, Headers: referTo(append(always, a.headers...)...)}
	for media, name := range a.schemas {
		if r.Content == nil {
			r.Content = map[string]*mediaType{}
		}
		r.Content[media] = &mediaType{Schema: schemaOf(name)}
		if media == jsonType && a.example != "" {
			r.Content[media].Example = json.RawMessage(a.example)
		}
	}
	return r
}

// schemaOf returns the schema for a word in an answer: a schema's name, or two of them with a bar
// between them, or text, or texts by their names, or "" for any object.
func schemaOf(name string) *schema {
	switch one, other, either := strings.Cut(name, "|"); {
	case name == "":
		return &schema{Type: "object"}
	case name == plainText:
		return &schema{Type: "string"}
	case name == textByName:
		return &schema{Type: "object", AdditionalProperties: &schema{Type: "string"}}
	case either:
		return &schema{OneOf: []*schema{refer(one), refer(other)}}
	}
	return refer(name)
}

const (
	plainText  = "(text)"
	textByName = "(text by name)"
)

// inJSON returns the content of an answer that is only JSON.
func inJSON(schemaName string) map[string]string { return map[string]string{jsonType: schemaName} }

func word(allowed ...string) *schema { return &schema{Type: "string", Enum: allowed} }

var flag = &schema{Type: "boolean"}

// quoted returns text as JSON.
func quoted(text string) json.RawMessage {
	value, _ := json.Marshal(text) // which can't fail
	return value
}
