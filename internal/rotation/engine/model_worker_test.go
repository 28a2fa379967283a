package engine

import (
	"context"
	"runtime"
	"strings"
	"time"

	"rotunda/internal/secret"
)

// worker is the process of one attempt.
type worker struct {
	w        *world
	name     string
	began    time.Time
	dead     bool
	frozen   bool // its machine stops at some call, and its clock with it
	awake    bool // but not at the next one
	fencing  bool
	quick    bool                    // nor within the fence, nor before a write of the record
	actor    *actor                  // in whose turns it runs
	end      context.CancelCauseFunc // of the lock's context
	read     secret.Secret           // the latest version when it last read that
	found    secret.Secret           // the latest record when it last read that
	looked   int                     // how many steps the person had taken by then
	asked    int                     // how many they had taken when it last asked the provider
	unknown  bool                    // a probe of this attempt had no answer
	rejected map[string]bool         // values rejected in this attempt since the last Apply
}

// act is a call as the explorer sees it.
type act struct {
	what   string
	writes bool
	set    bool         // a Set in the vault
	faults []fault      // that fit
	fail   func() error // returns the error of a fault
	effect func() error
}

// latency is how long every call takes.
const latency = 10 * time.Millisecond

// call carries out a call of a worker, or the fault that the explorer chooses for it.
func (k *worker) call(ctx context.Context, a act) error {
	w := k.w
	k.mayDie()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if w.turns != nil && !k.staysAwake(a) {
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

// isUpToDate reports whether the person has done nothing since the worker last looked. No worker
// can see what happens between its look and its next call.
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

// carry lets a call take effect, and checks what it did.
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

// shown formats a call's error for the log; it is empty without one.
type shown struct{ err error }

func (s shown) String() string {
	if s.err == nil {
		return ""
	}
	return ": " + s.err.Error()
}
