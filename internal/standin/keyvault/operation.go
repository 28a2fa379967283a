package keyvault

import (
	"net/http"
	"slices"
	"strings"
)

// operation is one of the vault's twelve, with everything specific to it.
type operation struct {
	name       string // in Counts and Faults
	method     string
	path       []string // "*" is any one segment: the name first, then the version
	action     string   // its RBAC action, below Microsoft.KeyVault/vaults/secrets/
	permission string   // its permission in an access policy
	run        func(*Server, *call) (answer any, err error)
}

var operations = []*operation{
	{"list", http.MethodGet, []string{"secrets"}, "readMetadata/action", "list", (*Server).list},
	{"restore", http.MethodPost, []string{"secrets", "restore"}, "restore/action", "restore", (*Server).restore},
	{"set", http.MethodPut, []string{"secrets", "*"}, "setSecret/action", "set", (*Server).set},
	{"get", http.MethodGet, []string{"secrets", "*"}, "getSecret/action", "get", (*Server).get},
	{"update", http.MethodPatch, []string{"secrets", "*"}, "update/action", "set", (*Server).update},
	{"delete", http.MethodDelete, []string{"secrets", "*"}, "delete", "delete", (*Server).delete},
	{"listversions", http.MethodGet, []string{"secrets", "*", "versions"}, "readMetadata/action", "list", (*Server).listVersions},
	{"backup", http.MethodPost, []string{"secrets", "*", "backup"}, "backup/action", "backup", (*Server).backup},
	{"get", http.MethodGet, []string{"secrets", "*", "*"}, "getSecret/action", "get", (*Server).get},
	{"update", http.MethodPatch, []string{"secrets", "*", "*"}, "update/action", "set", (*Server).update},
	{"listdeleted", http.MethodGet, []string{"deletedsecrets"}, "readMetadata/action", "list", (*Server).listDeleted},
	{"getdeleted", http.MethodGet, []string{"deletedsecrets", "*"}, "getSecret/action", "get", (*Server).getDeleted},
	{"purge", http.MethodDelete, []string{"deletedsecrets", "*"}, "purge/action", "purge", (*Server).purge},
	{"recover", http.MethodPost, []string{"deletedsecrets", "*", "recover"}, "recover/action", "recover", (*Server).recover},
}

// OperationNames are the names that Counts and Fault.Operations use.
func OperationNames() []string {
	var names []string
	for _, o := range operations {
		names = append(names, o.name)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// unknown is the operation of a request that matches none.
var unknown = &operation{name: "unknown"}

// route returns the operation and the segments of the path, ignoring trailing slashes.
func route(method, path string) (*operation, []string, error) {
	segments := strings.Split(strings.Trim(path, "/"), "/")
	err := error(&refusal{ // not recorded
		status: http.StatusNotFound, code: "NotFound",
		message: "There is nothing at this path; a vault's secrets are below /secrets and /deletedsecrets.",
	})
	for _, o := range operations {
		if !o.matches(segments) {
			continue
		}
		if o.method == method {
			return o, segments, nil
		}
		err = methodNotAllowed(method)
	}
	return unknown, segments, err
}

func (o *operation) matches(segments []string) bool {
	return slices.EqualFunc(o.path, segments, func(want, got string) bool {
		return want == "*" || strings.EqualFold(want, got)
	})
}
