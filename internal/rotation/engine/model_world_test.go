package engine

import (
	"fmt"
	"hash/fnv"
	"io"
	"strconv"
	"strings"
	"time"

	"rotunda/internal/rotation"
	"rotunda/internal/secret"
)

// The model: a vault, a target and a lock in memory, and the engine itself between them. Every
// call that leaves the engine comes through worker.call, where the explorer may break it, or let
// somebody else go first. One schedule is one list of choices; the explorer goes through all of
// them, each in a synctest bubble of its own, so that time is the model's.

// world is one schedule while it runs.
type world struct {
	scenario
	chooser *chooser
	reached *tally

	vault  *simVault
	target *simTarget
	lock   simLock
	notes  map[string]string // beside the lock
	origin time.Time

	faults   int      // that may still be injected
	landed   int      // calls that were believed lost
	inFlight *landing // a call that its worker believes lost
	turns    *turns   // nil where only one worker runs
	log      []line   // the calls, for whoever reads a failure
	broken   string   // the first invariant that did not hold

	known      map[string]bool   // values in the vault, in live and pending versions of any age
	wasLatest  map[string]ending // values that readers may hold
	byHand     map[string]bool   // values that a human gave the target or the vault
	toReport   map[string]bool   // versions of a human's that ours came on top of
	said       []string          // notes and reasons
	alarms     []string
	extraSets  int            // Sets that were carried out and whose answer was lost
	operations map[string]int // by id, in order of appearance
	situations map[string]bool
	published  map[string]string // the values, by operation
	byHuman    map[string]bool   // versions that a human wrote
	refused    int               // operations that were abandoned
	noted      int               // records of failures before any operation
	aways      int
	diesAt     string   // the call before which a worker dies
	meddled    int      // steps that the human has taken
	steps      []func() // that the human has still to take
	humanValue string   // what the human made at the target
	humanID    string
	incident   bool              // old credentials end before their grace period, as somebody asks
	before     map[string]func() // what happens right before a call
	forged     string            // a value that nobody but a forged record asks for
}

// ending is when a value stopped being the latest; zero while it is.
type ending struct{ at time.Time }

// landing is a call that is carried out later than its worker believes.
type landing struct {
	what   string
	before time.Time // the host has killed whoever sent it
	effect func()
}

// policy is the model's; a function lives for at most ten minutes.
var policy = Policy{Lead: 30 * day, Grace: day, Cooldown: 11 * time.Minute, Limit: 25 * time.Second}

const theName = "db-password"

func newWorld(s scenario, c *chooser, reached *tally) *world {
	w := &world{
		scenario: s, chooser: c, reached: reached, origin: time.Now(), notes: map[string]string{}, known: map[string]bool{}, wasLatest: map[string]ending{},
		byHand: map[string]bool{}, toReport: map[string]bool{}, operations: map[string]int{}, situations: map[string]bool{},
		published: map[string]string{}, byHuman: map[string]bool{},
	}
	w.target = newTarget(w, s.class)
	w.vault = newVault(w)
	return w
}

// breaks notes that an invariant does not hold.
func (w *world) breaks(invariant, format string, args ...any) {
	if w.broken == "" {
		w.broken = invariant + ": " + fmt.Sprintf(format, args...)
		w.tell("*** %s", w.broken)
	}
}

func (w *world) tell(format string, args ...any) {
	w.log = append(w.log, line{time.Since(w.origin), format, args})
}

// line is what happened, in words only if somebody wants to read it.
type line struct {
	at     time.Duration
	format string
	args   []any
}

// story is the schedule in words.
func (w *world) story() string {
	var text strings.Builder
	for _, l := range w.log {
		fmt.Fprintf(&text, "%12s  %s\n", l.at.Truncate(time.Millisecond), fmt.Sprintf(l.format, l.args...))
	}
	return text.String()
}

// vaultNow is the time by the vault's clock.
func (w *world) vaultNow() time.Time { return time.Now().Add(w.skew).Truncate(time.Second).UTC() }

// mayLand lets a call that was believed lost take effect now, if the explorer wants that.
func (w *world) mayLand() {
	if w.inFlight != nil && w.chooser.choose(2) == 1 {
		w.land()
	}
}

func (w *world) land() {
	late := w.inFlight
	w.inFlight, w.landed = nil, w.landed+1
	before := w.observe()
	late.effect()
	w.tell("(late) %s", late.what)
	w.compare(before, late.what)
}

// sleep passes time. What is under way lands before the host has killed its sender.
func (w *world) sleep(d time.Duration) {
	if w.inFlight != nil && time.Now().Add(d).After(w.inFlight.before) {
		w.land()
	}
	time.Sleep(d)
}

// count adds the state of things to those that were seen.
func (w *world) count() {
	h := fnv.New64a()
	put := func(texts ...string) {
		for _, text := range texts {
			_, _ = io.WriteString(h, text)
			_, _ = h.Write([]byte{0})
		}
	}
	for _, name := range []string{theName, secret.PendingName(theName)} {
		put(name, strconv.FormatBool(w.vault.deleted[name]))
		for _, v := range w.vault.versions(name) {
			put(v.Version, v.Tags[tagState], v.Tags[tagRetire], v.Tags[tagReason], v.Tags[rotation.TagProviderAddress])
			_, _ = h.Write([]byte{byte(w.operation(v.Tags[tagOperation])), map[bool]byte{true: 1}[*v.Attributes.Enabled]})
		}
	}
	put(w.target.accepted()...)
	put(strconv.FormatBool(w.lock.holder != nil), strconv.FormatBool(w.inFlight != nil))
	w.reached.states[h.Sum64()] = true
}

// operation numbers operations, whose ids are random, in order of appearance.
func (w *world) operation(id string) int {
	if id == "" {
		return 0
	}
	if w.operations[id] == 0 {
		w.operations[id] = len(w.operations) + 1
	}
	return w.operations[id]
}
