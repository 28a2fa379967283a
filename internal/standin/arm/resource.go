package arm

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
)

// Key is one of a resource's keys.
type Key struct {
	Name    string // as the service calls it: key1, primary, PrimaryKey, …
	Value   string
	ID      string    // of a key of App Configuration
	Query   bool      // a query key of AI Search
	Created time.Time // or last regenerated
}

// resource is what has keys.
type resource struct {
	id      resourceID
	service *service
	faults  injector
	counter counter

	mu      sync.Mutex
	keys    []Key
	running *operation // the one that regenerates a key, or nil
}

// location is where every resource is.
const location = "westeurope"

// resourceID is an id that has been taken apart.
type resourceID struct {
	text         string // as it was added
	subscription string
	group        string
	kind         string   // Microsoft.Storage/storageAccounts
	names        []string // one for each type in kind
}

var idPattern = regexp.MustCompile(`(?i)^/subscriptions/([0-9a-f-]{36})/resourceGroups/([^/]+)/providers/([^/]+)((?:/[^/]+/[^/]+)+)$`)

func parseID(id string) (resourceID, error) {
	found := idPattern.FindStringSubmatch(id)
	if found == nil {
		return resourceID{}, fmt.Errorf("%q is not the id of a resource: write it as /subscriptions/<guid>/resourceGroups/<name>/providers/<namespace>/<type>/<name>", id)
	}
	parsed := resourceID{text: id, subscription: found[1], group: found[2], kind: found[3]}
	parts := strings.Split(found[4], "/")[1:]
	for i := 0; i < len(parts); i += 2 {
		parsed.kind += "/" + parts[i]
		parsed.names = append(parsed.names, parts[i+1])
	}
	return parsed, nil
}

// name returns the name of the outermost resource, which host names contain.
func (id resourceID) name() string { return strings.ToLower(id.names[0]) }

// last returns the name of the resource itself.
func (id resourceID) last() string { return id.names[len(id.names)-1] }

// namespace returns the resource provider, such as Microsoft.Storage.
func (id resourceID) namespace() string {
	namespace, _, _ := strings.Cut(id.kind, "/")
	return namespace
}

// parentKind returns the type of the outermost resource, such as Microsoft.ServiceBus/namespaces.
func (id resourceID) parentKind() string {
	parts := strings.Split(id.kind, "/")
	return parts[0] + "/" + parts[1]
}

// AddResource adds a resource of one of the services in the table, with new keys.
func (s *Server) AddResource(id string) error {
	parsed, err := parseID(id)
	if err != nil {
		return fmt.Errorf("arm stand-in: %w", err)
	}
	service, found := serviceOf(parsed.kind)
	if !found {
		return fmt.Errorf("arm stand-in: %s has no keys that this stand-in knows: it knows %s", parsed.kind, strings.Join(Kinds(), ", "))
	}
	r := &resource{id: parsed, service: service, keys: service.newKeys(s.options.Now())}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, taken := s.resources[strings.ToLower(id)]; taken {
		return fmt.Errorf("arm stand-in: there is a resource %s already", id)
	}
	s.resources[strings.ToLower(id)] = r
	for _, host := range service.hosts(parsed) {
		s.hosts[host] = append(s.hosts[host], r)
	}
	return nil
}

// Keys returns the current keys of a resource; nil if there is no such resource.
func (s *Server) Keys(id string) []Key {
	r, found := s.find(id)
	if !found {
		return nil
	}
	return r.currentKeys()
}

func (r *resource) currentKeys() []Key {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.keys)
}

// key returns the value of a key.
func (r *resource) key(name string) string {
	for _, key := range r.currentKeys() {
		if key.Name == name {
			return key.Value
		}
	}
	return ""
}

func (s *Server) all() []*resource {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Collect(maps.Values(s.resources))
}

// find returns the resource with an id, in any case.
func (s *Server) find(id string) (*resource, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, found := s.resources[strings.ToLower(strings.TrimSuffix(id, "/"))]
	return r, found
}

// IDs returns the ids of all resources, sorted.
func (s *Server) IDs() []string {
	var ids []string
	for _, r := range s.all() {
		ids = append(ids, r.id.text)
	}
	slices.Sort(ids)
	return ids
}

// Hosts returns the host names at which the stand-in answers: that of Azure Resource Manager, and
// those of the resources that have been added.
func (s *Server) Hosts() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string{Host}, slices.Sorted(maps.Keys(s.hosts))...)
}
