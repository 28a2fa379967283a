package identity

import (
	"fmt"
	"time"

	"github.com/google/uuid"

	"rotunda/internal/standin/entra"
)

// UserAssigned is the client id of a user-assigned identity that every stand-in has.
const UserAssigned = "00000000-0000-4000-8000-00000000a551"

// Options say whose tokens are issued. The zero value is usable.
type Options struct {
	// Directory is the tenant whose tokens these are; a new one if nil.
	Directory *entra.Directory
	// Tenant is the new directory's id, a GUID; random if empty.
	Tenant string
	// ClientID is the system-assigned identity's client id, a GUID; random if empty.
	ClientID string
	// UserAssigned are the client ids of more identities, besides the constant UserAssigned. No
	// others are accepted.
	UserAssigned []string
	// Lifetime is how long a token is valid; 24 hours if zero, as in App Service.
	Lifetime time.Duration
	// Now is the new directory's clock; time.Now if nil. A vault needs the same clock.
	Now func() time.Time
	// Roles are the app roles that are assigned to the system-assigned identity, by the API.
	Roles map[string][]string
}

func (o Options) withDefaults() (Options, error) {
	if o.ClientID == "" {
		o.ClientID = uuid.NewString()
	}
	if o.Lifetime == 0 {
		o.Lifetime = 24 * time.Hour
	}
	return o, o.check()
}

func (o Options) check() error {
	if o.Lifetime < 0 {
		return fmt.Errorf("identity stand-in: a token's lifetime of %v is negative: use a positive one, or 0 for 24h", o.Lifetime)
	}
	for _, id := range append([]string{o.ClientID}, o.UserAssigned...) {
		if _, err := uuid.Parse(id); err != nil {
			return fmt.Errorf("identity stand-in: %q is not a GUID (client ids are): %w", id, err)
		}
	}
	return nil
}
