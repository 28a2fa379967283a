// Package fair shares waiting places and turns among callers, so that none can crowd out the
// others.
package fair

import (
	"context"
	"slices"

	"rotunda/internal/secret"
)

// Share identifies those who share waiting places and turns: the requests of one caller, or if the
// caller is unknown, the requests about one name.
type Share struct {
	caller secret.Caller
	name   string
}

// ShareOf returns the share of a context's caller. The name, which may be "", is what the request
// is about.
func ShareOf(ctx context.Context, name string) Share {
	if caller := secret.CallerFrom(ctx); caller != 0 {
		return Share{caller: caller}
	}
	return Share{name: name}
}

// Waiter waits for its turn.
type Waiter struct {
	Turn chan struct{} // closed when the turn has come
	of   Share
}

// line holds the waiters of one share, in the order in which they came.
type line []*Waiter

// Queue holds those who wait. Each share gets one turn after the other, however many it has
// waiting. A Queue is not safe for concurrent use. Use NewQueue.
type Queue struct {
	places int
	total  int
	lines  map[Share]line
	turns  []Share // in the order of their next turns
}

// NewQueue returns an empty queue with so many places.
func NewQueue(places int) Queue { return Queue{places: places, lines: map[Share]line{}} }

// Len returns how many wait.
func (q *Queue) Len() int { return q.total }

// HasPlace reports whether one more of a share may wait. The more a share has waiting, the more
// places must be free, so that there are always places for others: a share alone may take half of
// them, two may take a third each (Choudhury and Hahne, Dynamic Queue Length Thresholds, 1998).
func (q *Queue) HasPlace(of Share) bool { return len(q.lines[of]) < q.places-q.total }

// Ahead returns how many turns come before that of one that begins to wait now.
func (q *Queue) Ahead(of Share) int {
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

// Join adds a waiter to the end of its share's line.
func (q *Queue) Join(of Share) *Waiter {
	w := &Waiter{of: of, Turn: make(chan struct{})}
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

// Next removes the waiter whose turn it is, and tells it so. There must be one.
func (q *Queue) Next() {
	of := q.turns[0]
	w := q.lines[of][0]
	q.turns = slices.Delete(q.turns, 0, 1)
	if len(q.lines[of]) > 1 {
		q.turns = append(q.turns, of)
	}
	q.drop(of, 0)
	close(w.Turn)
}

// Leave removes a waiter. It reports false if the waiter has had its turn.
func (q *Queue) Leave(w *Waiter) bool {
	at := slices.Index(q.lines[w.of], w)
	if at < 0 {
		return false
	}
	if q.drop(w.of, at); len(q.lines[w.of]) == 0 {
		q.turns = slices.DeleteFunc(q.turns, func(of Share) bool { return of == w.of })
	}
	return true
}

// drop removes a waiter from a line, and the line if it was the last one.
func (q *Queue) drop(of Share, at int) {
	q.total--
	if q.lines[of] = slices.Delete(q.lines[of], at, at+1); len(q.lines[of]) == 0 {
		delete(q.lines, of)
	}
}
