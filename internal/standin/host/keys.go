package host

import (
	"crypto/subtle"
	"net/http"
	"strings"
)

// Keys are the host's access keys, each map from a key's name to its value.
type Keys struct {
	Master    string                       // opens everything
	Host      map[string]string            // open every function
	System    map[string]string            // open webhooks, and no function of level function
	Functions map[string]map[string]string // by function, in any case: open that one
}

// caller is who a request's key says it is.
type caller struct {
	level AuthLevel
	keyID string // the key's name, "" for none
}

// everyone is the caller when keys are not asked for, as with Core Tools' func start.
var everyone = caller{level: LevelAdmin}

// identify finds the key that a request presents. Source: src/WebJobs.Script.WebHost/Security/KeyManagement/SecretManager.cs.
func (k *Keys) identify(r *http.Request, function string) caller {
	if k == nil {
		return everyone
	}
	key := presentedKey(r)
	if sameKey(key, k.Master) {
		return caller{LevelAdmin, "master"}
	}
	if name, ok := findKey(k.System, key); ok {
		return caller{LevelSystem, name}
	}
	if name, ok := findKey(k.Host, key); ok {
		return caller{LevelFunction, name}
	}
	for owner, keys := range k.Functions {
		if name, ok := findKey(keys, key); ok && strings.EqualFold(owner, function) {
			return caller{LevelFunction, name}
		}
	}
	return caller{level: LevelAnonymous}
}

// may tells whether a caller may call what needs a level. A system key is no substitute for a function's.
func (c caller) may(needed AuthLevel) bool {
	return needed == LevelAnonymous || c.level == LevelAdmin || c.level == needed
}

// presentedKey reads the header before the query; a header that is there but empty still hides the query's code.
// Source: src/WebJobs.Script.WebHost/Security/Authentication/Keys/AuthenticationLevelHandler.cs.
func presentedKey(r *http.Request) string {
	if values, ok := r.Header["X-Functions-Key"]; ok {
		return values[0]
	}
	return parseQuery(r.URL.RawQuery).get("code")
}

func findKey(keys map[string]string, presented string) (name string, ok bool) {
	for name, value := range keys {
		if sameKey(presented, value) {
			return name, true
		}
	}
	return "", false
}

// sameKey never takes an empty key for a match.
func sameKey(presented, key string) bool {
	return key != "" && subtle.ConstantTimeCompare([]byte(presented), []byte(key)) == 1
}
