package engine

import (
	"fmt"
	"hash/fnv"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"rotunda/internal/rotation"
)

// The model is a vault, a target and a lock in memory, and the real engine between them. Every
// call of the engine passes through worker.call, where the explorer may break it or let somebody
// else go first. A schedule is a list of choices. The explorer runs all of them, each in its own
// synctest bubble, so that the model controls time.

// world is one schedule while it runs.
type world struct {
	scenario
	chooser *chooser
	reached *tally

	vault  *simVault
	target *simTarget
	locks  map[string]simLock
	notes  map[string]string // the notes beside the locks
	origin time.Time

	faults   int                  // how many may still be injected
	landed   int                  // how many calls that were believed lost have landed
	inFlight *landing             // a call that its worker believes lost
	running  *landing             // an operation that the provider has accepted
	keySince map[string]time.Time // when keys were regenerated, by value
	turns    *turns               // nil if only one worker runs
	log      []line               // the calls, for whoever reads a failure
	broken   string               // the first invariant that did not hold

	known      map[string]bool   // values in any version of the secret or of the record
	wasLatest  map[string]ending // values that readers may hold
	byHand     map[string]bool   // values that a person gave the target
	toReport   map[string]bool   // versions by a person that the engine published on top of
	said       []string          // notes and reasons
	alarms     []string
	extraSets  int            // how many Sets were carried out without an answer
	operations map[string]int // their numbers, by id, in order of appearance
	situations map[string]bool
	published  map[string]string // the values, by operation
	byHuman    map[string]bool   // versions that a person wrote
	refused    int               // how many operations were abandoned
	noted      int               // how many records note a failure before any operation
	aways      int
	diesAt     string   // the call before which a worker dies
	meddled    int      // how many steps the person has taken
	steps      []func() // that the person has yet to take
	humanValue string   // the credential that the person made at the target
	humanID    string
	incident   bool              // a person ends old credentials before their grace period
	before     map[string]func() // what happens right before a call, by what it is
	forged     string            // a value that only a forged record asks for
	owner      string            // the secret that was the first to change the target
	intended   map[string]bool   // the operations that have marked their intent
}

// ending is when a value stopped being the latest. It is zero while the value is the latest.
type ending struct{ at time.Time }

// landing is a call that takes effect after its worker believed it lost.
type landing struct {
	what   string
	before time.Time // when the host has killed its sender
	effect func()
}

// policy is the model's policy. It assumes that a function runs for ten minutes at most.
var policy = Policy{Lead: 30 * day, Grace: day, Cooldown: 11 * time.Minute, Limit: 25 * time.Second}

const theName = "db-password"

func newWorld(s scenario, c *chooser, reached *tally) *world {
	w := &world{
		scenario: s, chooser: c, reached: reached, origin: time.Now(), locks: map[string]simLock{}, notes: map[string]string{}, known: map[string]bool{}, wasLatest: map[string]ending{},
		byHand: map[string]bool{}, toReport: map[string]bool{}, operations: map[string]int{}, situations: map[string]bool{}, keySince: map[string]time.Time{},
		published: map[string]string{}, byHuman: map[string]bool{}, intended: map[string]bool{},
	}
	w.target = newTarget(w, s.class)
	w.vault = newVault(w)
	return w
}

// breaks notes the first invariant that does not hold.
func (w *world) breaks(invariant, format string, args ...any) {
	if w.broken == "" {
		w.broken = invariant + ": " + fmt.Sprintf(format, args...)
		w.tell("*** %s", w.broken)
	}
}

func (w *world) tell(format string, args ...any) {
	w.log = append(w.log, line{time.Since(w.origin), format, args})
}

// line is a line of the log. It is formatted only if somebody reads it.
type line struct {
	at     time.Duration
	format string
	args   []any
}

// story returns the log as text.
func (w *world) story() string {
	var text strings.Builder
	for _, l := range w.log {
		fmt.Fprintf(&text, "%12s  %s\n", l.at.Truncate(time.Millisecond), fmt.Sprintf(l.format, l.args...))
	}
	return text.String()
}

// vaultNow returns the time by the vault's clock.
func (w *world) vaultNow() time.Time { return time.Now().Add(w.skew).Truncate(time.Second).UTC() }

// mayLand lets a call that was believed lost take effect now, if the explorer chooses so.
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

// sleep lets time pass. A call in flight lands before the host kills its sender.
func (w *world) sleep(d time.Duration) {
	if w.inFlight != nil && time.Now().Add(d).After(w.inFlight.before) {
		w.land()
	}
	if w.running != nil && time.Now().Add(d).After(w.running.before) {
		w.endOperation()
	}
	time.Sleep(d)
}

// count adds the current state to the states that were seen.
func (w *world) count() {
	h := fnv.New64a()
	put := func(texts ...string) {
		for _, text := range texts {
			_, _ = io.WriteString(h, text)
			_, _ = h.Write([]byte{0})
		}
	}
	for _, name := range slices.Sorted(maps.Keys(w.vault.all)) {
		put(name, strconv.FormatBool(w.vault.deleted[name]))
		for _, v := range w.vault.versions(name) {
			put(v.Version, v.Tags[tagState], v.Tags[tagRetire], v.Tags[tagReason], v.Tags[rotation.TagProviderAddress])
			_, _ = h.Write([]byte{byte(w.operation(v.Tags[tagOperation])), map[bool]byte{true: 1}[*v.Attributes.Enabled]})
		}
	}
	put(w.target.accepted()...)
	put(strconv.FormatBool(w.locks[theName].holder != nil), strconv.FormatBool(w.inFlight != nil))
	w.reached.states[h.Sum64()] = true
}

// operation returns the number of an operation, by order of appearance: ids are random.
func (w *world) operation(id string) int {
	if id == "" {
		return 0
	}
	if w.operations[id] == 0 {
		w.operations[id] = len(w.operations) + 1
	}
	return w.operations[id]
}
