// Package health reports whether the vault can be reached and the app's identity works, and the
// app's version. It never shows a value or names the identity.
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
	"rotunda/internal/version"
	"rotunda/internal/wire"
)

// Vault is what the function checks. A page of one secret is the cheapest call that needs the
// vault, the identity and a role. LacksToken reports whether the latest request for a token has
// failed; it calls nobody.
type Vault interface {
	List(ctx context.Context, query secret.Query) (secret.Page, error)
	LacksToken() bool
}

// report is what a check finds.
type report struct {
	Status   string `json:"status"`
	Vault    string `json:"vault"`
	Identity string `json:"identity"`
}

// Answer is the response.
type Answer struct {
	report
	Version string `json:"version"`
}

var (
	healthy     = report{Status: "ok", Vault: "ok", Identity: "ok"}
	unreachable = report{Status: "unavailable", Vault: "unreachable", Identity: "unknown"}
)

// noIdentity says that the app has no token, or that the vault does not accept it.
const noIdentity = "unavailable"

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
func Handler(vault Vault) http.Handler {
	check := &checker{vault: vault}
	return apierror.Handler(func(w http.ResponseWriter, _ *http.Request) error {
		found := check.report()
		status := http.StatusOK
		if found != healthy {
			status = http.StatusServiceUnavailable
		}
		return wire.WriteJSON(w, status, Answer{found, version.String()})
	})
}

type checker struct {
	vault  Vault
	flight singleflight.Group

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
		return c.keep(c.unanswered())
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
			found = c.unanswered()
		}
	}()
	ctx, cancel := context.WithTimeout(secret.WithCaller(context.Background(), secret.Probe), checkTime)
	defer cancel()
	if _, err := c.vault.List(ctx, secret.Query{MaxResults: 1}); err != nil {
		return c.unhealthy(err)
	}
	return healthy
}

// unanswered returns the report while the vault does not answer. The identity comes before it: an
// identity endpoint that fails may take longer to say so than a caller waits here.
func (c *checker) unanswered() report {
	found := unreachable
	if c.vault.LacksToken() {
		found.Identity = noIdentity
	}
	return found
}

func (c *checker) unhealthy(err error) report {
	found := c.unanswered()
	switch status, _ := secret.RefusedWith(err); {
	case errors.Is(err, secret.ErrIdentityUnavailable):
		found.Vault, found.Identity = "ok", noIdentity
	case status == http.StatusForbidden:
		found.Vault, found.Identity = "ok", "refused"
	case status != 0:
		found.Vault, found.Identity = "failing", "ok"
	}
	return found
}
