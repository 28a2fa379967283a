package host

import (
	"context"
	"time"
)

// MatchRoute parses a template and matches a decoded path with it.
func MatchRoute(template, path string) (values map[string]string, matched bool, err error) {
	parsed, err := parseTemplate(template)
	if err != nil {
		return nil, false, err
	}
	values, matched = parsed.match(path)
	return values, matched, nil
}

// CountFailures tells which failure, the first is 1, stops the host when they happen at these times after each other; 0 is none.
func CountFailures(gaps ...time.Duration) int {
	var counted failures
	now := time.Unix(0, 0)
	for i, gap := range gaps {
		now = now.Add(gap)
		if counted.add(now) {
			return i + 1
		}
	}
	return 0
}

// SplitArguments splits a command line.
func SplitArguments(line string) []string { return splitArguments(line) }

// ParseTimeSpan reads .NET's notation.
func ParseTimeSpan(text string) (time.Duration, error) { return parseTimeSpan(text) }

// ParseSchedule reads an NCRONTAB expression, and gives how to find the next time after another.
func ParseSchedule(text string) (next func(after time.Time) time.Time, err error) {
	s, err := parseSchedule(text)
	return s.next, err
}

// Fits tells whether a time fits a schedule that can be parsed.
func Fits(text string, t time.Time) bool {
	s, err := parseSchedule(text)
	return err == nil && s.fitsDay(t) && s.hour.has(t.Hour()) && s.minute.has(t.Minute()) && s.second.has(t.Second())
}

// Await waits until a queue holds this many messages, held ones too; it is false if ctx ends first.
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

// Remove deletes what was taken.
func (q *Queues) Remove(name string, t Taken) { q.remove(name, t.taken) }

// Release gives back what was taken.
func (q *Queues) Release(name string, t Taken, after time.Duration) {
	q.release(name, t.taken, after)
}
