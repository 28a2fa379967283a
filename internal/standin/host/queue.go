package host

import (
	"slices"
	"time"

	"github.com/google/uuid"
)

// queue is one queue, guarded by the lock of its owner.
type queue struct {
	messages []*message
	changed  chan struct{} // closed at the next change
}

// message is one message in a queue.
type message struct {
	id, receipt  string
	text         string // as Storage keeps it: base64
	inserted     time.Time
	dequeueCount int
	visible      time.Time // when it can be taken again
	held         bool      // by a host that will remove or release it
}

func (q *queue) add(text string) {
	now := time.Now()
	q.append(&message{id: uuid.NewString(), text: text, inserted: now, visible: now})
}

func (q *queue) append(m *message) {
	q.messages = append(q.messages, m)
	q.notify()
}

func (q *queue) notify() {
	close(q.changed)
	q.changed = make(chan struct{})
}

// cut removes a message and returns it, or nil if the receipt is no longer valid.
func (q *queue) cut(taken message) *message {
	i := slices.IndexFunc(q.messages, func(m *message) bool { return m.held && m.receipt == taken.receipt })
	if i < 0 {
		return nil
	}
	m := q.messages[i]
	q.messages = slices.Delete(q.messages, i, i+1)
	q.notify()
	return m
}
