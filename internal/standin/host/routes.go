package host

import "strings"

// routes finds the function for a request: the first one, by name, whose route and method match.
// How specific a route is does not matter.
// Source: src/WebJobs.Script.WebHost/WebScriptHostHttpRoutesManager.cs.
type routes struct {
	prefix    routeTemplate
	functions []Function
}

func newRoutes(prefix string, functions []Function) (routes, error) {
	table := routes{}
	for _, function := range functions {
		if function.IsHTTP() {
			table.functions = append(table.functions, function)
		}
	}
	if prefix == "" {
		return table, nil
	}
	var err error
	table.prefix, err = parseTemplate(prefix)
	return table, err
}

// find returns the function. A wrong method finds none, so the response is 404, never 405.
func (r routes) find(method, path string) (Function, bool) {
	for _, function := range r.functions {
		if !function.acceptsMethod(method) {
			continue
		}
		template := append(r.prefix[:len(r.prefix):len(r.prefix)], function.template...)
		if template.match(path) {
			return function, true
		}
	}
	return Function{}, false
}

// isBelow reports whether a path is the folder or in it, ignoring case.
func isBelow(path, folder string) bool {
	return len(path) >= len(folder) && strings.EqualFold(path[:len(folder)], folder) && (len(path) == len(folder) || path[len(folder)] == '/')
}
