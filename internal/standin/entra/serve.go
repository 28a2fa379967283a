package entra

import (
	"net/http"
	"strings"
	"sync"
)

var _ http.Handler = (*Directory)(nil)

// ServeHTTP serves the tenant's endpoints: see routes.
func (d *Directory) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	fail := func(status int, message string) {
		d.refuse(w, r, &Refusal{status, "temporarily_unavailable", 90033, message})
	}
	if d.Faults().Fail(w, r, fail) {
		return
	}
	if r.URL.Path == "/common/discovery/instance" {
		d.counter.count(instances)
		d.serveInstances(w, r)
		return
	}
	tenant, path, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	endpoint, found := routes[r.Method+" "+path]
	if !found {
		http.NotFound(w, r)
		return
	}
	d.counter.count(endpoint.name)
	if !d.isTenant(tenant) && (!endpoint.shared || !isShared(tenant)) {
		d.refuse(w, r, unknownTenant(tenant))
		return
	}
	endpoint.serve(d, w, r, tenant)
}

// endpoint is what a path below the tenant leads to.
type endpoint struct {
	name   string
	shared bool // also answers for "common" and "organizations"
	serve  func(d *Directory, w http.ResponseWriter, r *http.Request, tenant string)
}

// The endpoints' names in Counts.
const (
	instances      = "instance"
	configurations = "configuration"
	keyLists       = "keys"
	tokens         = "token"
)

var routes = map[string]endpoint{
	"GET v2.0/.well-known/openid-configuration": {configurations, true, (*Directory).serveConfiguration2},
	"GET .well-known/openid-configuration":      {configurations, true, (*Directory).serveConfiguration1},
	"GET discovery/v2.0/keys":                   {keyLists, true, (*Directory).serveKeys2},
	"GET discovery/keys":                        {keyLists, true, (*Directory).serveKeys1},
	"POST oauth2/v2.0/token":                    {tokens, false, (*Directory).serveToken2},
	"POST oauth2/token":                         {tokens, false, (*Directory).serveToken1},
}

func (d *Directory) isTenant(name string) bool { return strings.EqualFold(name, d.options.Tenant) }

func isShared(name string) bool { return name == "common" || name == "organizations" }

// counter counts requests by endpoint.
type counter struct {
	mu     sync.Mutex
	counts map[string]int64
}

func (c *counter) count(name string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.counts == nil {
		c.counts = map[string]int64{}
	}
	c.counts[name]++
}

// Counts returns how many requests each endpoint has received: instance, configuration, keys and
// token.
func (d *Directory) Counts() map[string]int64 {
	d.counter.mu.Lock()
	defer d.counter.mu.Unlock()
	counts := map[string]int64{} // not nil: JSON shows {}
	for name, n := range d.counter.counts {
		counts[name] = n
	}
	return counts
}

// ResetCounts resets the counts.
func (d *Directory) ResetCounts() {
	d.counter.mu.Lock()
	defer d.counter.mu.Unlock()
	d.counter.counts = nil
}
