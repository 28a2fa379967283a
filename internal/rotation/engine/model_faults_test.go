package engine

import (
	"context"
	"runtime"
	"time"

	"rotunda/internal/rotation"
	"rotunda/internal/secret"
)

// fault is what happens to a call.
type fault int

const (
	none        fault = iota
	away              // not carried out, and it fails
	lost              // carried out, and the answer is lost
	late              // it fails, and is carried out later
	crashBefore       // the process dies
	crashAfter        // the process dies after the call is carried out
	hang              // not carried out, and no answer before the attempt times out
	hangLost          // carried out, and no answer before then
)

// These are the faults that fit a call. Two are left out because others cover them: a read whose
// answer is lost is like one that was not carried out, and dying before a write is like dying
// after the call before it, or like dying at that call if it is a read.
var (
	ofRead  = []fault{away, crashBefore}
	ofWrite = []fault{away, lost, crashAfter, late}
	slow    = map[bool][]fault{false: {hang}, true: {hang, hangLost}}
)

func (w *world) faultsOf(writes bool) []fault {
	if w.crashes { // dying before a call is like dying after the one before it
		return []fault{crashBefore}
	}
	fit := ofRead
	if writes {
		fit = ofWrite
	}
	if writes && w.budget > 1 && !deep { // a late call doubles the schedules at each call that follows
		fit = ofWrite[:3]
	}
	if w.slow {
		fit = append(append([]fault{}, fit...), slow[writes]...)
	}
	return fit
}

func (f fault) happen(ctx context.Context, k *worker, a act) error {
	carried := f == none || f == lost || f == crashAfter || f == hangLost
	var err error
	if carried {
		err = k.carry(a, map[fault]string{lost: " (answer lost)", hangLost: " (no answer)"}[f])
	}
	if a.set && f != none && (carried || f == late) {
		k.w.extraSets++
	}
	switch f {
	case none:
		return err
	case crashBefore, crashAfter:
		k.w.tell("%s dies at %s", k.name, a.what)
		k.dead = true
		runtime.Goexit()
	case hang, hangLost:
		k.w.tell("%s %s has no answer", k.name, a.what)
		<-ctx.Done()
		return ctx.Err()
	case late:
		k.w.inFlight = &landing{what: k.name + " " + a.what, before: k.began.Add(policy.Cooldown), effect: func() { _ = a.effect() }}
		k.w.tell("%s %s fails, and will land", k.name, a.what)
	case away:
		k.w.tell("%s %s fails", k.name, a.what)
	}
	return a.fail()
}

// vaultAway returns each error of an absent vault in turn.
func (w *world) vaultAway() error {
	w.aways++
	switch w.aways % 3 {
	case 0:
		return &secret.Refusal{Status: 503, Code: "ServiceUnavailable"}
	case 1:
		return &secret.Refusal{Status: 429, Code: "Throttled", RetryAfter: "10"}
	}
	return secret.Problemf(secret.ErrVaultUnreachable, "The vault can't be reached.")
}

func providerAway() error { return rotation.Temporaryf("The provider is away.") }

// simLock is a lease on one name. Its holder loses it by dying or by sleeping through it.
type simLock struct {
	holder *worker
	until  time.Time
}

const lease = time.Minute

// workerLock is the lock as one worker reaches it.
type workerLock struct{ *worker }

func (k workerLock) Lock(ctx context.Context, name string) (held context.Context, release func(), err error) {
	w := k.w
	err = k.call(ctx, act{what: "Lock " + name, faults: ofRead, fail: w.vaultAway, effect: func() error {
		switch lock := w.locks[name]; {
		case lock.holder == nil || time.Now().After(lock.until): // free
		case w.turns != nil: // its holder sleeps
			if w.cancels {
				lock.holder.end(rotation.ErrLockLost)
			}
		default:
			return rotation.ErrLocked
		}
		w.locks[name] = simLock{k.worker, time.Now().Add(lease)}
		held, k.end = context.WithCancelCause(ctx)
		k.rejected, k.unknown = map[string]bool{}, false // that was another attempt
		w.situate(k.worker)
		return nil
	}})
	if err != nil {
		return nil, nil, err
	}
	return held, func() { k.release(name) }, nil
}

func (k workerLock) ReadNote(ctx context.Context, name string) (note string, err error) {
	err = k.call(ctx, act{what: "ReadNote", faults: ofRead, fail: k.w.vaultAway, effect: func() error {
		note = k.w.notes[name]
		return nil
	}})
	return note, err
}

func (k workerLock) SwapNote(ctx context.Context, name, old, text string) (swapped bool, err error) {
	err = k.call(ctx, act{what: "SwapNote", faults: []fault{away, lost, crashAfter}, fail: k.w.vaultAway, effect: func() error {
		if swapped = k.w.notes[name] == old; swapped {
			k.w.notes[name] = text
		}
		return nil
	}})
	return swapped && err == nil, err
}

func (k workerLock) WriteNote(ctx context.Context, name, text string) error {
	return k.call(ctx, act{what: "WriteNote", faults: []fault{away, lost, crashAfter}, fail: k.w.vaultAway, effect: func() error {
		k.w.notes[name] = text
		return nil
	}})
}

func (k workerLock) release(name string) {
	k.end(context.Canceled)
	if !k.dead && k.w.locks[name].holder == k.worker {
		delete(k.w.locks, name)
	}
}
