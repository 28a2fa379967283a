// Package health tells whether the vault can be reached and the app's identity works: never a
// value, never who.
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

// Lister reads a page of all secrets; one entry of it is the cheapest call that needs the vault,
// the identity and a role.
type Lister interface {
	List(ctx context.Context, query secret.Query) (secret.Page, error)
}

// report is the whole answer.
type report struct {
	Status   string `json:"status"`
	Vault    string `json:"vault"`
	Identity string `json:"identity"`
}

var healthy = report{Status: "ok", Vault: "ok", Identity: "ok"}

// goodFor is how long a good report is repeated without asking the vault: the function is
// anonymous, and callers must not spend the vault's quota through it.
const goodFor = 5 * time.Second

// Handler answers GET health: 200 when all is well, else 503.
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
	found, _, _ := c.flight.Do("", func() (any, error) { return c.ask(), nil })
	return found.(report)
}

// ask is not bound to one caller: others wait for its answer too.
func (c *checker) ask() report {
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
