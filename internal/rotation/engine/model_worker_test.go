package engine

import (
	"context"
	"runtime"
	"strings"
	"time"

	"rotunda/internal/secret"
)

// worker is one attempt's process.
type worker struct {
	w        *world
	name     string
	began    time.Time
	dead     bool
	actor    *actor                  // whose turn it takes
	end      context.CancelCauseFunc // of the lock's context
	read     secret.Secret           // the latest version, when it last looked
	looked   int                     // what the human had done then
	asked    int                     // what the human had done when the provider was last asked
	unknown  bool                    // a probe had no answer in this attempt
	rejected map[string]bool         // values that were rejected in this attempt, since the last Apply
}

// act is one call as the explorer sees it.
type act struct {
	what   string
	writes bool
	set    bool         // a Set in the vault
	faults []fault      // that fit
	fail   func() error // the error of a fault; nil means the vault's
	effect func() error
}

// latency is what every call takes.
const latency = 10 * time.Millisecond

// call carries out one call of a worker, or what the explorer makes of it.
func (k *worker) call(ctx context.Context, a act) error {
	w := k.w
	k.mayDie()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if w.turns != nil {
		w.turns.pass(k)
		k.mayDie()
	}
	time.Sleep(latency)
	if before := w.before[a.what]; before != nil {
		delete(w.before, a.what)
		before()
	}
	if w.diesAt != "" && strings.HasPrefix(a.what, w.diesAt) {
		k.die()
	}
	w.mayLand()
	w.mayMeddle()
	chosen := none
	if w.faults > 0 {
		if n := w.chooser.choose(len(a.faults) + 1); n > 0 {
			chosen = a.faults[n-1]
			w.faults--
		}
	}
	return chosen.happen(ctx, k, a)
}

// isUpToDate: no human did anything since the worker has looked. What is done in that moment,
// nobody can see.
func (k *worker) isUpToDate() bool { return k.looked == k.w.meddled && k.asked == k.w.meddled }

func (k *worker) mayDie() {
	if k.dead {
		runtime.Goexit()
	}
}

func (k *worker) die() {
	k.dead = true
	k.w.tell("%s dies", k.name)
	runtime.Goexit()
}

// carry lets a call take effect, and looks at what that did.
func (k *worker) carry(a act, suffix string) error {
	w := k.w
	before := w.observe()
	err := a.effect()
	w.tell("%s %s%v%s", k.name, a.what, shown{err}, suffix)
	if a.writes && k.isUpToDate() {
		w.compare(before, a.what)
	}
	w.count()
	return err
}

// shown is an error after a call in the log.
type shown struct{ err error }

func (s shown) String() string {
	if s.err == nil {
		return ""
	}
	return ": " + s.err.Error()
}
