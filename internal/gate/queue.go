package gate

import (
	"slices"

	"rotunda/internal/secret"
)

// share identifies those who share waiting places and turns: the calls of one caller, or if the
// caller is unknown, the calls about one name.
type share struct {
	caller secret.Caller
	name   string
}

// waiter is a call that waits for its turn.
type waiter struct {
	of   share
	turn chan struct{} // closed when the call may run
}

// line holds the waiters of one share, in the order in which they came.
type line []*waiter

// queue holds the waiting calls. Each share gets one turn after the other, however many calls it
// has waiting.
type queue struct {
	places int
	total  int
	lines  map[share]line
	turns  []share // in the order of their next turns
}

// hasPlace reports whether a call may wait. The more a share has waiting, the more places must be
// free, so that there are always places for others: a share alone may take half of them, two may
// take a third each (Choudhury and Hahne, Dynamic Queue Length Thresholds, 1998).
func (q *queue) hasPlace(of share) bool { return len(q.lines[of]) < q.places-q.total }

// ahead returns how many turns come before that of a call that begins to wait now.
func (q *queue) ahead(of share) int {
	own := len(q.lines[of])
	if of.caller == secret.Probe {
		return own
	}
	turns := own
	for other, waiting := range q.lines {
		if other != of {
			turns += min(len(waiting), own+1)
		}
	}
	return turns
}

// join adds a call to the end of its share's line.
func (q *queue) join(of share) *waiter {
	w := &waiter{of: of, turn: make(chan struct{})}
	switch {
	case len(q.lines[of]) > 0:
	case of.caller == secret.Probe:
		q.turns = slices.Insert(q.turns, 0, of)
	default:
		q.turns = append(q.turns, of)
	}
	q.lines[of] = append(q.lines[of], w)
	q.total++
	return w
}

// next removes and returns the call whose turn it is. There must be one.
func (q *queue) next() *waiter {
	of := q.turns[0]
	w := q.lines[of][0]
	q.turns = slices.Delete(q.turns, 0, 1)
	if len(q.lines[of]) > 1 {
		q.turns = append(q.turns, of)
	}
	q.drop(of, 0)
	return w
}

// leave removes a call. It reports false if the call has had its turn.
func (q *queue) leave(w *waiter) bool {
	at := slices.Index(q.lines[w.of], w)
	if at < 0 {
		return false
	}
	if q.drop(w.of, at); len(q.lines[w.of]) == 0 {
		q.turns = slices.DeleteFunc(q.turns, func(of share) bool { return of == w.of })
	}
	return true
}

// drop removes a call from a line, and the line if it was the last one.
func (q *queue) drop(of share, at int) {
	q.total--
	if q.lines[of] = slices.Delete(q.lines[of], at, at+1); len(q.lines[of]) == 0 {
		delete(q.lines, of)
	}
}
