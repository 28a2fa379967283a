package engine

import (
	"context"
	"fmt"
	"slices"
	"time"

	"rotunda/internal/rotation"
	"rotunda/internal/secret"
)

// scenario is what a set of schedules shares.
type scenario struct {
	class    rotation.Class
	budget   int           // how many faults
	crashes  bool          // the only fault is that a worker dies
	slow     bool          // calls that hang count among the faults
	skew     time.Duration // of the vault's clock
	refuses  int           // how many new passwords the provider's policy refuses
	lies     int           // how many passwords the provider reports as taken and drops
	trusts   bool          // the provider accepts any password
	seasoned bool          // another rotation came before
	repeated bool          // another rotation follows
	switches int           // how many times the turn passes to another worker
	cancels  bool          // a worker that loses its lease learns of it
	human    string        // what a person does in the meantime
	keeps    bool          // the provider goes on accepting what was made invalid
	silent   bool          // the provider answers nothing
	hangs    bool          // no call to the provider is answered
	admin    bool          // an administrator's login sets the passwords, and is rotated too
	twin     bool          // another secret is for the same credential
	stranger bool          // in class A, somebody else has an account under the second login's name
	real     real          // the rotator of a real kind in place of the model's own
	async    bool          // there, a key is made by an operation that takes a while
	frozen   bool          // a worker's machine stops, and goes on much later: see model_frozen_test.go
	untold   int           // there, with which status Azure does not tell about it; 202 for no URL at all
	settles  time.Duration // there, before a change takes effect where a credential is used
	mistake  mistake       // in the engine, which an invariant must find
}

// real is a real kind of credential.
type real struct {
	kind, address string
	rotator       func(*worker) rotation.Rotator // nil for the model's own; the worker is nil in a sweep
}

const address = "sim://db"

func (w *world) firstTags() map[string]string {
	tags := map[string]string{rotation.TagProviderAddress: address, rotation.TagValidity: "60", "team": "payments"}
	if w.admin {
		tags[rotation.TagAdminSecret] = adminName
	}
	if w.real.rotator != nil {
		tags[rotation.TagProviderAddress] = w.real.address
	}
	switch w.class {
	case rotation.DualKey:
		tags[rotation.TagCredentialID] = "key1"
	case rotation.Issued:
		tags[rotation.TagCredentialID] = "id-0"
	}
	return tags
}

func time50DaysBefore(w *world) time.Time { return w.vaultNow().Add(-50 * day) }

// engine returns a worker's engine.
func (w *world) engine(k *worker) *Engine {
	rotators := map[string]rotation.Rotator{"sim": simRotator{k}}
	if w.real.rotator != nil {
		rotators[w.real.kind] = w.real.rotator(k)
	}
	p := policy
	if k != nil && k.frozen {
		p.Limit = forever
	}
	return &Engine{Vault: door{k}, Locks: workerLock{k}, Rotators: rotators, Policy: p, mistake: w.watched()}
}

// watched returns the scenario's mistake. It also notes which rows of the resume table are
// followed.
func (w *world) watched() mistake {
	right := w.mistake.decide
	if right == nil {
		right = decide
	}
	return mistake{steps: w.mistake.steps, decide: func(e evidence) decision {
		d := right(e)
		if d.row != "" {
			w.situations[d.row+" "+string(d.step)] = true
		}
		if d.why == undecided && d.step == attention {
			w.breaks("R", "no row of the resume table fits %+v", e)
		}
		return d
	}}
}

func (w *world) newWorker(name string) *worker {
	k := &worker{w: w, name: name, began: time.Now(), rejected: map[string]bool{}}
	if w.turns != nil {
		k.actor = w.turns.current
	}
	return k
}

// attempt runs one attempt of a worker, until it ends or the worker dies.
func (w *world) attempt(r Request) (rotation.Outcome, error) {
	k := w.newWorker("W1")
	out, err := rotation.Outcome{}, error(nil)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		out, err = w.engine(k).Rotate(context.Background(), r)
	}()
	<-ended
	if !k.dead {
		w.hear(k, out, err)
	}
	return out, err
}

// run runs an attempt whose outcome does not matter.
func (w *world) run(r Request) { _, _ = w.attempt(r) }

// hear checks how an attempt ended.
func (w *world) hear(k *worker, out rotation.Outcome, err error) {
	w.tell("%s ends: %s, %s (alarm %v, error %v)", k.name, out.State, out.Note, out.Alarm, err)
	w.mustHide("an outcome", fmt.Sprint(out, err))
	w.saidToo(out.Note)
	k.mustNotDeny(out.Note)
	if out.Alarm && out.Again == 0 { // class S raises an alarm while readers may be failing, and tries again
		w.alarms = append(w.alarms, out.Note)
	}
	if took := time.Since(k.began); took > policy.Limit+time.Second && w.turns == nil {
		w.breaks("I18", "an attempt took %s", took)
	}
}

// maxAttempts is how many attempts may pass from any interruption to a closed operation.
const maxAttempts = 14

// settle runs the timer in a world without faults until nothing is left to do.
func (w *world) settle() {
	w.faults, w.turns = 0, nil
	w.goOn()
}

// goOn is settle beside other workers.
func (w *world) goOn() {
	attempts := 0
	for range maxAttempts {
		if w.broken != "" || w.settled() {
			return
		}
		w.sleepToWork()
		if w.sweepNames() {
			w.run(Request{Name: theName, By: BySweep})
			attempts++
			w.mustNotBeExposed(attempts)
		}
	}
	w.breaks("I5", "%d attempts did not close the operation", maxAttempts)
}

// mustNotBeExposed checks class S: after a fault, one attempt without a fault makes the latest
// version log in again. Each call that lands late may cost another attempt.
func (w *world) mustNotBeExposed(attempts int) {
	if w.class == rotation.Single && w.human == "" && w.lies == 0 && !w.observe().valid && attempts > w.landed && !w.frozen {
		w.breaks("I3", "the latest version does not log in after %d attempts", attempts)
	}
}

func (w *world) settled() bool { return w.isSettled(theName) }

func (w *world) isSettled(name string) bool {
	r := w.recordOf(name)
	return w.waitsForPerson(name) || !r.open() && r.tries == 0 && !w.sweepsUp(name)
}

// needsPerson reports whether the rotation waits for a person to act.
func (w *world) needsPerson() bool { return w.waitsForPerson(theName) }

func (w *world) waitsForPerson(name string) bool {
	r, all := w.recordOf(name), w.vault.versions(name)
	untagged := !rotation.IsManaged(all[len(all)-1].Tags) && r.wasRotated()
	forged := r.open() && w.notes[noteOf(r.Operation)] != r.text
	return r.state == rotation.Attention || r.stuck || untagged || forged
}

// sweepNames reports whether the sweep names the secret.
func (w *world) sweepNames() bool { return w.sweepsUp(theName) }

func (w *world) sweepsUp(name string) bool {
	due, err := w.engine(nil).Sweep(context.Background(), w.vault)
	if err != nil {
		w.breaks("I5", "the sweep fails: %v", err)
	}
	return slices.ContainsFunc(due, func(d Due) bool { return d.Name == name })
}

// sleepToWork sleeps until the record, and the lock of a worker that died, allow another attempt.
func (w *world) sleepToWork() {
	w.sleep(time.Until(w.worksAt(theName)) + time.Minute)
}

// worksAt returns when the record of a secret, and the lock of a worker that died, allow another
// attempt.
func (w *world) worksAt(name string) time.Time {
	r, at := w.recordOf(name), time.Now()
	next := r.next
	if w.frozen && r.state == rotation.Closed { // by a worker that came late, and the secret may be due already
		next = r.since.Add(policy.Cooldown)
	}
	for _, other := range []time.Time{next, r.retireAt, w.locks[name].until} {
		if other.After(at) {
			at = other.Add(time.Second)
		}
	}
	return at
}

// ends checks what must hold at the end if no person interfered.
func (w *world) ends() {
	if w.broken != "" {
		return
	}
	r, all := w.record(), w.vault.versions(theName)
	latest := all[len(all)-1]
	switch {
	case len(w.alarms) > 0:
		w.breaks("I13", "a fault that passes raised an alarm: %s", w.alarms[0])
	case r.state != rotation.Closed:
		w.breaks("I5", "the operation ends %s: %s", r.state, r.reason)
	case r.reason != "":
		w.breaks("I5", "a closed record keeps the reason %q", r.reason)
	case !w.target.accepts(latest.Value.Reveal()):
		w.breaks("I5", "the latest version does not log in at the end")
	case latest.Tags[tagOperation] != r.Operation:
		w.breaks("I5", "the latest version is not the operation's")
	case w.class != rotation.DualKey && w.class != rotation.ValueOnly && len(w.target.accepted()) != 1:
		w.breaks("I5", "the target accepts %v at the end", w.target.accepted())
	}
	w.mustHaveHidden()
	w.mustHaveNoted(r)
	w.counts(len(all), len(w.vault.versions(secret.PendingName(theName))))
}

// counts checks that a rotation makes one version of the secret and one of the record, and one
// more for each lost answer.
func (w *world) counts(live, pending int) {
	rotations := len(w.published)
	again := 0
	if w.extraSets+w.landed > 0 { // then one record may hide another, which is written again, and once more per fault in that
		again = max(1, w.extraSets) + w.budget - 1
	}
	if live-1-rotations > w.extraSets || pending-rotations-w.refused-w.noted > w.extraSets+again {
		w.breaks("I15", "%d rotations with %d lost answers made %d live and %d pending versions", rotations, w.extraSets, live-1, pending)
	}
}
