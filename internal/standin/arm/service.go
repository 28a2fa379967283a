package arm

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"slices"
	"strings"
	"time"
)

// service is a kind of resource with keys.
type service struct {
	kind           string // Microsoft.Storage/storageAccounts
	oldest, newest string // the api-versions that it supports, as days
	names          []string
	generate       func() string
	actions        []action
	// regenerated is the response after a key has been replaced.
	regenerated func(r *resource, name string) answer
	// async announces operations; nil means that regeneration is synchronous.
	async *async
	// busy is the error while another operation runs.
	busy func(r *resource) error
	// localAuth is the property that turns keys off; nil if there is none.
	localAuth *off
	// properties adds others, such as the data plane's address.
	properties func(id resourceID, properties map[string]any)
	// parent describes what the resource is part of, if that is where the data plane is: nil if not.
	parent func(id resourceID, properties map[string]any)
	// parentAuth is localAuth of the parent.
	parentAuth *off
	// hosts are the host names of the data plane.
	hosts func(id resourceID) []string
	// data serves the data plane.
	data func(c *dataCall)
}

// serviceOf returns the service with a kind, in any case.
func serviceOf(kind string) (*service, bool) {
	at := slices.IndexFunc(services, func(s *service) bool { return strings.EqualFold(s.kind, kind) })
	if at < 0 {
		return nil, false
	}
	return services[at], true
}

// Kinds returns the types of resource that can be added.
func Kinds() []string {
	var found []string
	for _, s := range services {
		found = append(found, s.kind)
	}
	return found
}

// typeName returns the kind without the namespace.
func (s *service) typeName() string {
	_, name, _ := strings.Cut(s.kind, "/")
	return name
}

func (s *service) newKeys(now time.Time) []Key {
	var keys []Key
	for _, name := range s.names {
		keys = append(keys, Key{Name: name, Value: s.generate(), ID: newKeyID(), Query: name == queryKey, Created: now})
	}
	return keys
}

// The forms of keys.

func base64Key(bytes int) func() string {
	return func() string { return base64.StdEncoding.EncodeToString(random(bytes)) }
}

func hexKey() string { return hex.EncodeToString(random(16)) }

func textKey() string { return rand.Text() + rand.Text() }

func random(bytes int) []byte {
	made := make([]byte, bytes)
	_, _ = rand.Read(made) // never fails: crypto/rand ends the program instead
	return made
}
