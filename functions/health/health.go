// Package health reports whether the vault can be reached and the app's identity works. It never
// shows a value or names the identity.
package health

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"rotunda/internal/apierror"
	"rotunda/internal/secret"
	"rotunda/internal/wire"
)

// Lister reads a page of all secrets. A page of one entry is the cheapest call that needs the
// vault, the identity and a role.
type Lister interface {
	List(ctx context.Context, query secret.Query) (secret.Page, error)
}

// report is the response.
type report struct {
	Status   string `json:"status"`
	Vault    string `json:"vault"`
	Identity string `json:"identity"`
}

var (
	healthy     = report{Status: "ok", Vault: "ok", Identity: "ok"}
	unreachable = report{Status: "unavailable", Vault: "unreachable", Identity: "unknown"}
)

const (
	// goodFor and badFor are how long a report is reused without a call to the vault. The function
	// is anonymous, and its callers must not be able to use up the vault's quota.
	goodFor = 5 * time.Second
	badFor  = time.Second
	// patience is how long a caller waits for the vault. The check itself continues, because a
	// call that is given up says less about the vault than one that ends.
	patience  = 1500 * time.Millisecond
	checkTime = 10 * time.Second
)

// Handler serves GET health: 200 if everything works, otherwise 503. It responds within two
// seconds.
func Handler(secrets Lister) http.Handler {
	check := &checker{secrets: secrets}
	return apierror.Handler(func(w http.ResponseWriter, _ *http.Request) error {
		found := check.report()
		status := http.StatusOK
		if found != healthy {
			status = http.StatusServiceUnavailable
		}
		return wire.WriteJSON(w, status, found)
	})
}

type checker struct {
	secrets Lister
	flight  singleflight.Group

	mu    sync.Mutex
	last  report
	until time.Time // last is reused until then
}

func (c *checker) report() report {
	if last, ok := c.recent(); ok {
		return last
	}
	result := c.flight.DoChan("", func() (any, error) { return c.keep(c.check()), nil })
	select {
	case found := <-result:
		return found.Val.(report)
	case <-time.After(patience):
		return c.keep(unreachable)
	}
}

// recent returns the last report if it may be reused.
func (c *checker) recent() (report, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.last, time.Now().Before(c.until)
}

// keep stores a report for reuse, and returns it.
func (c *checker) keep(found report) report {
	c.mu.Lock()
	defer c.mu.Unlock()
	reuse := badFor
	if found == healthy {
		reuse = goodFor
	}
	c.last, c.until = found, time.Now().Add(reuse)
	return found
}

// check does not use a caller's context, because other callers wait for its result too. Its
// goroutine is not a request's, so a panic would end the process.
func (c *checker) check() (found report) {
	defer func() {
		if recover() != nil {
			found = unreachable
		}
	}()
	ctx, cancel := context.WithTimeout(secret.WithCaller(context.Background(), secret.Probe), checkTime)
	defer cancel()
	if _, err := c.secrets.List(ctx, secret.Query{MaxResults: 1}); err != nil {
		return unhealthy(err)
	}
	return healthy
}

func unhealthy(err error) report {
	found := unreachable
	switch status, _ := secret.RefusedWith(err); {
	case errors.Is(err, secret.ErrIdentityUnavailable):
		found.Vault, found.Identity = "ok", "unavailable"
	case status == http.StatusForbidden:
		found.Vault, found.Identity = "ok", "refused"
	case status != 0:
		found.Vault, found.Identity = "failing", "ok"
	}
	return found
}
