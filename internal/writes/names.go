package writes

import (
	"context"
	"strings"
	"sync"

	"golang.org/x/sync/semaphore"
)

// names lets either any number of writers of a name in at the same time, or one alone, in the
// order of their arrival.
type names struct {
	mu   sync.Mutex
	busy map[string]*place
}

// place is the place of one name. It exists while somebody is in it or waits for it.
type place struct {
	room  *semaphore.Weighted
	users int
}

// How much of a place a writer needs.
const (
	shared int64 = 1
	alone  int64 = 1 << 30
)

// enter waits until there is room, or ctx ends.
func (n *names) enter(ctx context.Context, name string, share int64) (leave func(), err error) {
	key := strings.ToLower(name) // the vault ignores case
	at := n.use(key)
	if err := at.room.Acquire(ctx, share); err != nil {
		n.drop(key, at)
		return nil, err
	}
	return func() {
		at.room.Release(share)
		n.drop(key, at)
	}, nil
}

func (n *names) use(key string) *place {
	n.mu.Lock()
	defer n.mu.Unlock()
	at := n.busy[key]
	if at == nil {
		at = &place{room: semaphore.NewWeighted(alone)}
		if n.busy == nil {
			n.busy = map[string]*place{}
		}
		n.busy[key] = at
	}
	at.users++
	return at
}

func (n *names) drop(key string, at *place) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if at.users--; at.users == 0 {
		delete(n.busy, key)
	}
}
