package functions

import (
	"maps"
	"net/http"
	"net/url"
	"strings"

	"rotunda/internal/access"
	"rotunda/internal/azfunc"
	"rotunda/internal/wire"
)

// Operation is an HTTP function as the description of the API needs it: what its function.json and
// the tables of this package say.
type Operation struct {
	Name    string
	Method  string
	Route   string // as in function.json
	Accepts wire.Accepts
	// Anonymous says that the operation needs neither a key nor a token.
	Anonymous bool
	// Actions are what a caller must be allowed, and none if it only has to sign in. Secrets says
	// for which secrets.
	Actions []access.Action
	Secrets string
	// Also are further actions, by the query parameter that needs them.
	Also map[string]access.Action
}

// Operations returns every HTTP function except wrongroute, whose answers are errors, and getenv,
// which has none of its own.
func Operations() ([]Operation, error) {
	definitions, err := azfunc.LoadDefinitions(Definitions)
	if err != nil {
		return nil, err
	}
	all := []Operation{envOperation}
	for _, definition := range definitions {
		trigger := definition.HTTP()
		if trigger == nil || definition.Name == "wrongroute" {
			continue
		}
		for _, method := range trigger.Methods {
			all = append(all, operation(definition.Name, strings.ToUpper(method), trigger))
		}
	}
	return all, nil
}

// plain is a request without a query.
var plain = &http.Request{URL: &url.URL{}}

func operation(name, method string, trigger *azfunc.Binding) Operation {
	need := needs[name]
	o := Operation{
		Name: name, Method: method, Route: trigger.Route, Accepts: accepts[name], Anonymous: need.on == open,
		Secrets: targets[need.on], Also: maps.Clone(need.also),
	}
	if need.action != "" {
		o.Actions = append([]access.Action{need.action}, need.more(plain)...)
	}
	return o
}

// targets say in words which secrets a caller needs the action for.
var targets = map[target]string{
	thePath:  "the secret in the path",
	theQuery: "the secret in the query",
	selected: "each secret of the response; others are left out",
	items:    "each item; an item without it fails on its own",
	every:    "all secrets",
}
