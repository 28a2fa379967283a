package host

import (
	"crypto/subtle"
	"net/http"
	"strings"
)

// AuthLevel is what a caller needs to call a function over HTTP.
type AuthLevel int

// The levels of a function.json's authLevel. The default is LevelFunction.
const (
	LevelAnonymous AuthLevel = iota
	LevelFunction
	LevelAdmin

	levelSystem // the level of a webhook's key, never of a function
)

func parseLevel(text string) (AuthLevel, error) {
	switch strings.ToLower(text) {
	case "anonymous":
		return LevelAnonymous, nil
	case "", "function":
		return LevelFunction, nil
	case "admin":
		return LevelAdmin, nil
	}
	return 0, unsupported("anonymous, function and admin", "authLevel %q", text)
}

// Keys are the host's access keys. Each map goes from a key's name to its value.
type Keys struct {
	Master    string                       // opens everything
	Host      map[string]string            // open every function
	System    map[string]string            // open webhooks, but no function
	Functions map[string]map[string]string // by function, ignoring case: open that one
}

// caller is who a request's key identifies.
type caller struct {
	level AuthLevel
	keyID string // the key's name, "" for none
}

// everyone is the caller when keys are not checked, as with Core Tools' func start.
var everyone = caller{level: LevelAdmin}

// identify finds the key that a request presents.
// Source: src/WebJobs.Script.WebHost/Security/KeyManagement/SecretManager.cs.
func (k *Keys) identify(r *http.Request, function string) caller {
	if k == nil {
		return everyone
	}
	key := presentedKey(r)
	if sameKey(key, k.Master) {
		return caller{LevelAdmin, "master"}
	}
	if name, ok := findKey(k.System, key); ok {
		return caller{levelSystem, name}
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

// may reports whether a caller may call what requires a level. A system key is no substitute for a
// function's key. (The claim "invoke" = "true" goes with every level but anonymous.)
// Source: src/WebJobs.Script.WebHost/Security/Authorization/AuthUtility.cs.
func (c caller) may(required AuthLevel) bool {
	return required == LevelAnonymous || c.level == LevelAdmin || c.level == required
}

// presentedKey reads the header before the query, and the first value of each. A header that is
// present but empty still hides the query's code.
// Source: src/WebJobs.Script.WebHost/Security/Authentication/Keys/AuthenticationLevelHandler.cs.
func presentedKey(r *http.Request) string {
	if values, ok := r.Header["X-Functions-Key"]; ok {
		return values[0]
	}
	return parseQuery(r.URL.RawQuery).first("code")
}

func findKey(keys map[string]string, presented string) (name string, ok bool) {
	for name, value := range keys {
		if sameKey(presented, value) {
			return name, true
		}
	}
	return "", false
}

// sameKey never matches an empty key.
func sameKey(presented, key string) bool {
	return key != "" && subtle.ConstantTimeCompare([]byte(presented), []byte(key)) == 1
}
