package engine

import (
	"context"
	"testing"
	"time"

	"rotunda/internal/rotation"
)

// turns lets one of several workers run at a time. At each call, the explorer chooses who runs
// next, while it has switches left. When a worker has ended, another one goes on.
type turns struct {
	w       *world
	actors  []*actor
	current *actor
	left    int         // switches left
	stopped chan *actor // an actor that waits for its turn, or has ended
}

// actor is a worker, or a series of workers that run one after another.
type actor struct {
	turn chan struct{}
	done bool
}

// pass ends a worker's turn, and returns when its next one starts.
func (s *turns) pass(k *worker) {
	s.stopped <- k.actor
	<-k.actor.turn
}

// start adds an actor, which waits for its first turn.
func (s *turns) start(act func(*actor)) {
	a := &actor{turn: make(chan struct{})}
	s.actors = append(s.actors, a)
	go func() {
		defer func() {
			a.done = true
			s.stopped <- a
		}()
		<-a.turn
		act(a)
	}()
}

// run gives turns until all have ended.
func (s *turns) run() {
	s.current = s.actors[0]
	for {
		ready := s.ready()
		if len(ready) == 0 {
			return
		}
		if s.current.done {
			s.current = ready[0]
		} else if s.left > 0 && len(ready) > 1 {
			if n := s.w.chooser.choose(len(ready)); n > 0 {
				s.current, s.left = ready[n], s.left-1
				s.w.tell("--- another worker's turn")
			}
		}
		s.current.turn <- struct{}{}
		<-s.stopped
	}
}

// ready returns the actors that can go on, the current one first.
func (s *turns) ready() (ready []*actor) {
	if !s.current.done {
		ready = append(ready, s.current)
	}
	for _, a := range s.actors {
		if !a.done && a != s.current {
			ready = append(ready, a)
		}
	}
	return ready
}

// work makes one attempt after another. It stops when the operation is published, when nothing is
// left to do, or when the host would have killed a worker that started at the same time.
func (w *world) work(a *actor, name string, first Request, attempts int) {
	until := time.Now().Add(policy.Cooldown - time.Minute)
	for i := range attempts {
		k := w.newWorker(name)
		k.actor = a
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			out, err := w.engine(k).Rotate(context.Background(), first)
			w.hear(k, out, err)
		}()
		<-ended
		first = Request{Name: first.Name, By: BySweep}
		r := w.recordOf(first.Name)
		wait := time.Until(r.next) + time.Second
		if i == attempts-1 || r.state == rotation.Retiring || w.isSettled(first.Name) || time.Now().Add(wait).After(until) {
			return
		}
		time.Sleep(max(0, wait))
	}
}

// twoWorkers runs two workers that handle the same event. The lock keeps neither out, because each
// sleeps through its lease while the other runs.
func twoWorkers(w *world) {
	w.season()
	all := w.vault.versions(theName)
	event := Request{Name: theName, Version: all[len(all)-1].Version, By: ByEvent}
	w.turns = &turns{w: w, left: w.switches, stopped: make(chan *actor)}
	w.turns.start(func(a *actor) { w.work(a, "W1", event, 1) })
	w.turns.start(func(a *actor) { w.work(a, "W2", event, 3) })
	w.turns.run()
	w.settle()
	w.endsRaced()
}

// endsRaced checks what must hold at the end if two workers raced.
func (w *world) endsRaced() {
	if w.broken != "" {
		return
	}
	r, all := w.record(), w.vault.versions(theName)
	latest := all[len(all)-1]
	switch {
	case r.state != rotation.Closed:
		w.breaks("I5", "the operation ends %s: %s", r.state, r.reason)
	case !w.target.accepts(latest.Value.Reveal()):
		w.breaks("I5", "the latest version does not log in at the end")
	case len(w.published) != map[bool]int{false: 1, true: 2}[w.seasoned]:
		w.breaks("I7", "%d operations were published", len(w.published))
	case w.class != rotation.DualKey && w.class != rotation.ValueOnly && len(w.target.accepted()) != 1:
		w.breaks("I5", "the target accepts %v at the end", w.target.accepted())
	case len(w.alarms) > 0:
		w.breaks("I13", "two workers raised an alarm: %s", w.alarms[0])
	}
}

func TestModelTwoWorkers(t *testing.T) {
	for _, class := range allClasses {
		t.Run(string(class), func(t *testing.T) {
			t.Parallel()
			for _, cancels := range []bool{false, true} {
				explore(t, scenario{class: class, switches: 2, cancels: cancels}, twoWorkers)
				if deep || !cancels {
					explore(t, scenario{class: class, switches: 2, cancels: cancels, seasoned: true}, twoWorkers)
				}
			}
			if deep || !small && class == rotation.DualKey { // where two values at once do the most harm
				explore(t, scenario{class: class, switches: 3, seasoned: deep}, twoWorkers)
			}
			if deep || !small && class == rotation.Single { // where a forgotten value does
				explore(t, scenario{class: class, switches: 2, budget: 1, crashes: true}, twoWorkers)
			}
		})
	}
}
