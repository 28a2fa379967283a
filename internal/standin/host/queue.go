package host

import (
	"slices"
	"time"

	"github.com/google/uuid"
)

// queue is one queue. Its owner's lock guards it.
type queue struct {
	messages []*message
	changed  chan struct{} // closed at the next change
}

// message is one message, as it lies in the queue.
type message struct {
	id, receipt  string
	text         string // as Storage keeps it, so perhaps base64
	inserted     time.Time
	dequeueCount int
	visible      time.Time // from when on it can be taken
	held         bool      // by a host, which removes or releases it
}

func (q *queue) add(text string) {
	now := time.Now()
	q.append(&message{id: uuid.NewString(), text: text, inserted: now, visible: now})
}

func (q *queue) append(m *message) {
	q.messages = append(q.messages, m)
	q.tell()
}

func (q *queue) tell() {
	close(q.changed)
	q.changed = make(chan struct{})
}

// cut takes a message out, if the one who asks still holds it.
func (q *queue) cut(taken message) *message {
	i := slices.IndexFunc(q.messages, func(m *message) bool { return m.held && m.receipt == taken.receipt })
	if i < 0 {
		return nil
	}
	m := q.messages[i]
	q.messages = slices.Delete(q.messages, i, i+1)
	q.tell()
	return m
}
