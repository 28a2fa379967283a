package signin

import (
	"time"

	"github.com/maypok86/otter/v2"

	"rotunda/internal/access"
)

// The bounds of what is kept. Only good tokens are kept, so that no flood of bad ones fills it or
// drives good ones out.
const (
	keptBytes  = 8 << 20
	keptTokens = 10_000
	keptFor    = 25 * time.Hour // Entra's longest token lives a day
)

// kept remembers good tokens by their digests until they expire: the second request with a token
// costs no signature check, and no token stays in memory.
type kept struct {
	*digester
	tokens *otter.Cache[digest, verified]
}

func newKept() (*kept, error) {
	tokens, err := otter.New(&otter.Options[digest, verified]{
		MaximumWeight:    keptBytes,
		Weigher:          weigh,
		ExpiryCalculator: otter.ExpiryWriting[digest, verified](keptFor),
	})
	return &kept{newDigester(), tokens}, err
}

func weigh(_ digest, v verified) uint32 {
	size := 400 + size(v.caller)                     // approximate bytes of the entry and its caller
	return uint32(max(size, keptBytes/keptTokens+1)) //nolint:gosec // bounded by maxToken
}

func size(c *access.Caller) int {
	const header = 16 // bytes of a string besides its text
	total := len(c.Tenant) + len(c.Object) + len(c.Application) + len(c.Principal)
	for _, list := range [][]string{c.Roles, c.Scopes, c.Groups} {
		for _, text := range list {
			total += header + len(text)
		}
	}
	return total
}

// find returns the caller of a token that is still good. A token ends early if its issuer
// withdraws the key that signed it.
func (k *kept) find(id digest, now time.Time) *access.Caller {
	found, ok := k.tokens.GetIfPresent(id)
	if !ok || !now.Before(found.until) || found.key.withdrawn.Load() {
		return nil
	}
	found.ring.keepFresh(now)
	return found.caller
}

func (k *kept) add(id digest, v verified) { k.tokens.Set(id, v) }
