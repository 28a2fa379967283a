package host

import (
	"context"
	"time"
)

// MatchRoute parses a template and matches a decoded path with it.
func MatchRoute(template, path string) (bool, error) {
	parsed, err := parseTemplate(template)
	return err == nil && parsed.match(path), err
}

// CountFailures returns which failure, from 1, stops the host when they happen with these pauses
// between them, or 0 for none.
func CountFailures(pauses ...time.Duration) int {
	var counted failures
	now := time.Unix(0, 0)
	for i, pause := range pauses {
		now = now.Add(pause)
		if counted.add(now) {
			return i + 1
		}
	}
	return 0
}

// ParseTimeSpan reads .NET's notation.
func ParseTimeSpan(text string) (time.Duration, error) { return parseTimeSpan(text) }

// ParseSchedule reads an NCRONTAB expression, and returns how to find the next time after another.
func ParseSchedule(text string) (next func(after time.Time) time.Time, err error) {
	s, err := parseSchedule(text)
	return s.next, err
}

// Matches reports whether a time matches a schedule that can be parsed.
func Matches(text string, t time.Time) bool {
	s, err := parseSchedule(text)
	return err == nil && s.fits(t)
}

// Await waits until a queue holds this many messages, including held ones. It returns false if ctx
// ends first.
func (q *Queues) Await(ctx context.Context, name string, count int) bool {
	for {
		q.mu.Lock()
		found, changed := len(q.named(name).messages), q.named(name).changed
		q.mu.Unlock()
		if found == count {
			return true
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return false
		}
	}
}

// Taken is a message that Take took.
type Taken struct {
	Text  string
	Count int
	taken message
}

// Take waits for a message.
func (q *Queues) Take(ctx context.Context, name string) (Taken, bool) {
	m, ok := q.take(ctx, name)
	return Taken{m.text, m.dequeueCount, m}, ok
}

// Remove deletes a message that was taken.
func (q *Queues) Remove(name string, t Taken) { q.remove(name, t.taken) }

// Release gives back a message that was taken.
func (q *Queues) Release(name string, t Taken, after time.Duration) {
	q.release(name, t.taken, after)
}

// Elapse lets time pass for all messages.
func (q *Queues) Elapse(d time.Duration) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, named := range q.queues {
		for _, m := range named.messages {
			m.visible = m.visible.Add(-d)
		}
		named.notify()
	}
}

// Concurrency returns how many messages a host with this environment handles at the same time.
func (c QueuesConfig) Concurrency(env ...string) int { return c.concurrency(env) }

// KillWithParent is what a host uses where the system has no signal for a parent's death.
func KillWithParent(process int) (stop func(), err error) { return killWithParent(process) }
