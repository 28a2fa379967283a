package host

import "strings"

// routes finds the function for a request: the first one, in the order of names, whose route and method fit.
// There is no ranking by how specific a route is. Source: src/WebJobs.Script.WebHost/WebScriptHostHttpRoutesManager.cs.
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

// find gives the function and its route parameters. A wrong method finds nothing, so that it ends as 404, never 405.
func (r routes) find(method, path string) (Function, map[string]string, bool) {
	for _, function := range r.functions {
		if !function.acceptsMethod(method) {
			continue
		}
		template := append(r.prefix[:len(r.prefix):len(r.prefix)], function.template...)
		if values, ok := template.match(path); ok {
			return function, values, true
		}
	}
	return Function{}, nil, false
}

// isBelow tells whether a path is the folder or something in it, in any case.
func isBelow(path, folder string) bool {
	return len(path) >= len(folder) && strings.EqualFold(path[:len(folder)], folder) && (len(path) == len(folder) || path[len(folder)] == '/')
}
