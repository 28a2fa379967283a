package keyvault

import (
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/google/uuid"

	"rotunda/internal/standin/entra"
)

// Resource is what a token must be issued for, and what the challenge names.
const Resource = "https://vault.azure.net"

// Retention of soft-deleted secrets, in days (articles/key-vault/general/soft-delete-overview.md).
const (
	minRetentionDays = 7
	maxRetentionDays = 90
)

// Options configure the vaults. Tenant and Check are required.
type Options struct {
	// RetentionDays is how long a deleted secret can be recovered: 7 to 90, or 0 for 90.
	RetentionDays int
	// DataFile is the file that stores all vaults, created if it does not exist; empty means
	// memory. A write is on disk before its response is sent.
	DataFile string
	// Tenant is the directory's id, a GUID, which the challenge names.
	Tenant string
	// Check accepts or rejects a bearer token; entra.Directory.Verifier(Resource) returns one.
	// For an *entra.TokenError the response has Key Vault's message.
	Check func(token string) (entra.Claims, error)
	// Logger receives a line per request at level Debug, without values; nil discards it.
	Logger *slog.Logger
	// Now is the clock; time.Now if nil. The tokens' clock should be the same.
	Now func() time.Time
	// NearExpiry is how long before a version expires the near-expiry event is sent; 30 days if
	// 0, as in Azure, where it is fixed.
	NearExpiry time.Duration
	// EventDelay delays the near-expiry and expired events; in Azure by up to 15 minutes.
	EventDelay time.Duration
}

const defaultNearExpiry = 30 * 24 * time.Hour

func (o Options) withDefaults() (Options, error) {
	if o.RetentionDays == 0 {
		o.RetentionDays = maxRetentionDays
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.NearExpiry == 0 {
		o.NearExpiry = defaultNearExpiry
	}
	return o, o.check()
}

func (o Options) check() error {
	if o.RetentionDays < minRetentionDays || o.RetentionDays > maxRetentionDays {
		return fmt.Errorf("key vault stand-in: a retention of %d days is not allowed: use %d to %d", o.RetentionDays, minRetentionDays, maxRetentionDays)
	}
	if _, err := uuid.Parse(o.Tenant); err != nil {
		return fmt.Errorf("key vault stand-in: the tenant %q is not a GUID: use the Entra stand-in's", o.Tenant)
	}
	if o.Check == nil {
		return errors.New("key vault stand-in: Check is missing: use the Entra stand-in's Verifier for " + Resource)
	}
	return nil
}
