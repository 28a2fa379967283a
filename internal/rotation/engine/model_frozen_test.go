package engine

import (
	"context"
	"strings"
	"testing"
	"time"

	"rotunda/internal/rotation"
)

// A worker may stop with its machine, as a virtual machine does that is paused: its clock stands
// still, and its connections stay open. When it goes on, others may be in the middle of the next
// rotation, or of the one after that.

// forever is longer than any story takes.
const forever = 10000 * day

// freeze lets a worker act, which stops at any of its calls, and others, until it goes on at any
// of theirs.
func (w *world) freeze(act func(k *worker), others func()) {
	w.turns = &turns{w: w, left: w.switches, stopped: make(chan *actor)}
	w.turns.start(func(a *actor) {
		k := w.newWorker("F")
		k.actor, k.frozen = a, true
		act(k)
	})
	w.turns.start(func(*actor) {
		w.sleep(2 * lease)
		others()
	})
	w.turns.run()
	w.settle()
}

// fenced asks the fence. Nobody stops between its answer and the change: a provider's own lock
// keeps others out, or ends the connection of whoever stops there; without one, nothing can guard
// these milliseconds.
func (k *worker) fenced(ctx context.Context, fence rotation.Fence) error {
	k.fencing = k.quick
	err := fence(ctx)
	k.fencing, k.awake = false, err == nil
	return err
}

// staysAwake reports whether a worker does not stop right before a call. The vault has no
// conditional write, so nothing guards the moment between a look at the secret or its record and
// the write that follows from it. In a quick worker, the fence with its two looks is such a moment
// too: of others, one may move the record and one may publish.
func (k *worker) staysAwake(a act) bool {
	defer func() { k.awake = false }()
	ends := strings.HasSuffix(a.what, string(rotation.Closed)) || strings.HasSuffix(a.what, string(rotation.Abandoned)) || strings.HasPrefix(a.what, "Set secret")
	hasLooked := k.quick && (k.fencing || strings.HasPrefix(a.what, "Update record") || strings.HasSuffix(a.what, string(rotation.None)))
	return k.w.frozen && (k.awake || ends || hasLooked)
}

// attempts returns what a worker does with a request.
func (w *world) attempts(r Request) func(*worker) {
	return func(k *worker) {
		out, err := w.engine(k).Rotate(context.Background(), r)
		w.hear(k, out, err)
	}
}

// frozenRetire is a rotation whose old credential is retired by a worker that stops meanwhile.
// Others end the rotation, and make others.
func frozenRetire(w *world) {
	w.onEvent()
	w.sleep(time.Until(w.record().retireAt) + time.Minute)
	w.freeze(w.attempts(Request{Name: theName, By: BySweep}), func() {
		w.goOn()
		for range 2 {
			w.sleep(50 * day)
			w.onEvent()
			w.goOn()
		}
	})
	w.endsFrozen()
}

// frozenUndone is frozenRetire where a person rolls the rotation back before others go on.
func frozenUndone(w *world) {
	w.onEvent()
	w.sleep(time.Until(w.record().retireAt) + time.Minute)
	w.freeze(w.attempts(Request{Name: theName, By: BySweep}), func() {
		w.rollBack()
		w.goOn()
		w.sleep(50 * day)
		w.onEvent()
		w.goOn()
	})
	w.endsFrozen()
}

func (w *world) rollBack() {
	k := w.newWorker("H")
	out, err := w.engine(k).RollBack(context.Background(), theName)
	w.hear(k, out, err)
}

// frozenRollBack is a rollback by a worker that stops meanwhile.
func frozenRollBack(w *world) {
	w.onEvent()
	w.sleep(time.Hour)
	w.freeze(func(k *worker) {
		k.quick = true
		out, err := w.engine(k).RollBack(context.Background(), theName)
		w.hear(k, out, err)
	}, w.rotatesOn)
	w.endsFrozen()
}

// rotatesOn ends what is open, and rotates once more.
func (w *world) rotatesOn() {
	w.goOn()
	w.sleep(50 * day)
	w.onEvent()
	w.goOn()
}

// frozenCancel gives a rotation up that broke off after it had changed the target. Others go on
// with it. The next rotation is left out: one that nobody has interrupted does not look at its
// record again before it publishes, as class S exposes its readers until then.
func frozenCancel(w *world) {
	w.crashAtPublish()
	w.sleep(2 * lease)
	w.freeze(func(k *worker) {
		k.quick = true
		out, err := w.engine(k).Cancel(context.Background(), theName)
		w.hear(k, out, err)
	}, w.goOn)
	w.endsFrozen()
}

// frozenEnd ends an old credential by hand, in class K too.
func frozenEnd(w *world) {
	w.onEvent()
	w.sleep(time.Hour)
	w.incident = true
	w.freeze(w.attempts(Request{Name: theName, By: ByRetire}), w.rotatesOn)
	w.endsFrozen()
}

// frozenRotation is a rotation by a worker that stops meanwhile.
func frozenRotation(w *world) {
	w.freeze(w.attempts(Request{Name: theName, By: BySweep}), w.rotatesOn)
	w.endsFrozen()
}

// endsFrozen checks what must hold at the end.
func (w *world) endsFrozen() {
	if w.broken != "" {
		return
	}
	r, all := w.record(), w.vault.versions(theName)
	latest := all[len(all)-1]
	switch {
	case r.state != rotation.Closed && r.state != rotation.Abandoned:
		w.breaks("I5", "the operation ends %s: %s", r.state, r.reason)
	case !w.target.accepts(latest.Value.Reveal()):
		w.breaks("I5", "the latest version does not log in at the end")
	case w.class != rotation.DualKey && w.class != rotation.ValueOnly && len(w.target.accepted()) != 1:
		w.breaks("I5", "the target accepts %v at the end", w.target.accepted())
	}
}

// frozenStories are what a worker may be about when it stops. A small model has the first.
var frozenStories = []func(*world){frozenRetire, frozenUndone, frozenRollBack, frozenCancel, frozenEnd, frozenRotation}

func TestModelFrozen(t *testing.T) {
	for _, class := range allClasses {
		t.Run(string(class), func(t *testing.T) {
			t.Parallel()
			stories := frozenStories
			if small {
				stories = stories[:1]
			}
			exploreFrozen(t, scenario{class: class}, stories...)
		})
	}
}

// The real rotators ask the fence last, after all that takes time.
func TestModelFrozenKinds(t *testing.T) {
	if small {
		t.Skip("skipped: takes a minute")
	}
	t.Run("Azure's keys", func(t *testing.T) {
		t.Parallel()
		exploreFrozen(t, scenario{class: rotation.DualKey, real: azure}, frozenEnd, frozenRotation)
	})
	t.Run("client secrets", func(t *testing.T) {
		t.Parallel()
		exploreFrozen(t, scenario{class: rotation.Issued, real: graph}, frozenUndone)
	})
}

func exploreFrozen(t *testing.T, s scenario, stories ...func(*world)) {
	t.Helper()
	s.frozen, s.switches = true, 2
	for _, story := range stories {
		explore(t, s, story)
	}
}
