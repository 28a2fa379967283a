package keyvault

import (
	"strings"
	"sync"
	"time"
)

// watches are the secrets whose latest version expires, by place. They are in memory only: a
// secret from a data file is watched from its next write on.
type watches struct {
	mu     sync.Mutex
	all    map[place]*watch
	closed bool
}

// watch holds the future events of one version.
type watch struct {
	version string
	expires int64
	timers  []*time.Timer
}

func (w *watch) stop() {
	for _, timer := range w.timers {
		timer.Stop()
	}
}

// announce sends the event about a new version, once it is stored.
func (s *Server) announce(of place, v version) {
	if !s.subscribers.any() {
		return
	}
	s.subscribers.publish(s.newEvent(SecretNewVersionCreated, of, v))
	s.watch(of)
}

// watch sets the timers for the latest version. It reads the store itself, so that of concurrent
// writers the last one sets them for what was written last. A time that did not change causes no
// further event.
func (s *Server) watch(of place) {
	if !s.subscribers.any() {
		return
	}
	s.watches.mu.Lock()
	defer s.watches.mu.Unlock()
	key := of.key()
	latest, ok := s.latest(of)
	before := s.watches.all[key]
	if ok && before != nil && latest.Expires != nil && before.version == latest.ID && before.expires == *latest.Expires {
		return
	}
	if before != nil {
		before.stop()
		delete(s.watches.all, key)
	}
	if ok && latest.Expires != nil && !s.watches.closed {
		s.watches.put(key, s.arm(of, latest))
	}
}

func (w *watches) put(key place, one *watch) {
	if w.all == nil {
		w.all = map[place]*watch{}
	}
	w.all[key] = one
}

func (w *watches) close() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.closed = true
	for _, one := range w.all {
		one.stop()
	}
}

// century is longer than this process runs, and far below the longest duration.
const century = 100 * 365 * 24 * time.Hour

// arm sets a version's timers. For one that has expired already there is no near-expiry event
// (not recorded).
func (s *Server) arm(of place, v version) *watch {
	armed := &watch{version: v.ID, expires: *v.Expires}
	left := time.Unix(*v.Expires, 0).Sub(s.options.Now())
	at := func(kind string, in time.Duration) {
		tell := func() { s.tellExpiry(kind, of, v) }
		armed.timers = append(armed.timers, time.AfterFunc(min(in, century)+s.options.EventDelay, tell))
	}
	if left > 0 {
		at(SecretNearExpiry, max(left-s.options.NearExpiry, 0))
	}
	at(SecretExpired, max(left, 0))
	return armed
}

// tellExpiry sends the event about a version, if it is still the latest one of a secret that is
// not deleted.
func (s *Server) tellExpiry(kind string, of place, v version) {
	latest, ok := s.latest(of)
	if ok && latest.ID == v.ID && latest.Expires != nil && *latest.Expires == *v.Expires {
		s.subscribers.publish(s.newEvent(kind, of, latest))
	}
}

// latest returns the latest version, if there is one.
func (s *Server) latest(of place) (v version, ok bool) {
	err := s.store.read(of.vault, func(r records) error {
		found, live, err := load[secret](r, liveKey(of.name))
		if err == nil && live {
			v, ok, err = load[version](r, versionKey(of.name, found.Latest))
		}
		return err
	})
	return v, ok && err == nil
}

// key returns the place with the name in lower case, as names ignore case.
func (p place) key() place { return place{vault: p.vault, name: strings.ToLower(p.name)} }
