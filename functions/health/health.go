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

var healthy = report{Status: "ok", Vault: "ok", Identity: "ok"}

// goodFor is how long a good report is reused without a call to the vault. The function is
// anonymous, and its callers must not be able to use up the vault's quota.
const goodFor = 5 * time.Second

// Handler serves GET health: 200 if everything works, otherwise 503.
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

	mu       sync.Mutex
	lastGood time.Time
}

func (c *checker) report() report {
	c.mu.Lock()
	recent := time.Since(c.lastGood) < goodFor
	c.mu.Unlock()
	if recent {
		return healthy
	}
	found, _, _ := c.flight.Do("", func() (any, error) { return c.check(), nil })
	return found.(report)
}

// check does not use a caller's context, because other callers wait for its result too.
func (c *checker) check() report {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	_, err := c.secrets.List(ctx, secret.Query{MaxResults: 1})
	if err == nil {
		c.mu.Lock()
		c.lastGood = time.Now()
		c.mu.Unlock()
		return healthy
	}
	return unhealthy(err)
}

func unhealthy(err error) report {
	found := report{Status: "unavailable", Vault: "unreachable", Identity: "unknown"}
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
