package arm

import (
	"log/slog"
	"time"

	"rotunda/internal/standin/entra"
)

// Host is where Azure Resource Manager is, in the public cloud.
const Host = "management.azure.com"

// Resources are what a token must be issued for.
var Resources = []string{"https://management.azure.com", "https://management.core.windows.net"}

// Options configure the stand-in. The zero value is usable.
type Options struct {
	// Tenant is the directory's id, which challenges name.
	Tenant string
	// Check accepts or rejects a bearer token; Check of this package makes one of a directory. If
	// it is nil, every token is accepted.
	Check func(token string) (entra.Claims, error)
	// Assignments are the rights of principals. nil allows everything to everyone in the tenant.
	Assignments []Assignment
	// Logger receives a line per request at level Debug, without keys; nil discards it.
	Logger *slog.Logger
	// Now is the clock; time.Now if nil. The tokens' clock should be the same.
	Now func() time.Time
}

func (o Options) withDefaults() Options {
	if o.Check == nil {
		o.Check = func(string) (entra.Claims, error) { return entra.Claims{}, nil }
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return o
}

// Check returns the check of tokens for Azure Resource Manager, which has two audiences.
func Check(directory *entra.Directory) func(token string) (entra.Claims, error) {
	first, second := directory.Verifier(Resources[0]), directory.Verifier(Resources[1])
	return func(token string) (entra.Claims, error) {
		claims, err := first(token)
		if err == nil {
			return claims, nil
		}
		if claims, second := second(token); second == nil {
			return claims, nil
		}
		return claims, err
	}
}
