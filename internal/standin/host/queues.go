package host

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
)

// Queues are a storage account's queues, by name ignoring case. A queue exists as soon as it is
// named. Hosts that share them share the work, as the instances of an app do: a message that one
// host holds is invisible to the others.
type Queues struct {
	mu     sync.Mutex
	queues map[string]*queue
}

// NewQueues returns empty queues.
func NewQueues() *Queues { return &Queues{queues: map[string]*queue{}} }

// maxMessage is how long a message's text may be
// (learn.microsoft.com, "Scalability and performance targets for Queue Storage").
const maxMessage = 64 << 10

// Put adds a message with this text, without encoding it.
func (q *Queues) Put(name, text string) error {
	if name == "" {
		return errors.New("can't add a message to a queue without a name")
	}
	if len(text) > maxMessage {
		return fmt.Errorf("a message of %d bytes is too long for queue %q: Storage accepts %d, including base64", len(text), name, maxMessage)
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	q.named(name).add(text)
	return nil
}

// PutEvent adds an event as Event Grid does for a subscription with a queue: one event, in base64.
func (q *Queues) PutEvent(name string, event json.RawMessage) error {
	return q.Put(name, encodeMessage(event))
}

// Texts returns the texts of all messages in a queue, including held ones, oldest first.
func (q *Queues) Texts(name string) []string {
	q.mu.Lock()
	defer q.mu.Unlock()
	var texts []string
	for _, m := range q.named(name).messages {
		texts = append(texts, m.text)
	}
	return texts
}

// take waits for a visible message and holds it. It returns false if ctx ends first.
func (q *Queues) take(ctx context.Context, name string) (message, bool) {
	for ctx.Err() == nil {
		taken, wait, changed := q.tryTake(name)
		if taken != nil {
			return *taken, true
		}
		select {
		case <-ctx.Done():
		case <-changed:
		case <-wait:
		}
	}
	return message{}, false
}

// tryTake returns a copy of the message that it took. If there is none, it returns what to wait
// for: a time, unless nil, or a change.
func (q *Queues) tryTake(name string) (taken *message, wait <-chan time.Time, changed <-chan struct{}) {
	q.mu.Lock()
	defer q.mu.Unlock()
	from := q.named(name)
	now, soonest := time.Now(), time.Time{}
	for _, m := range from.messages {
		switch {
		case m.held:
		case !m.visible.After(now):
			m.held, m.receipt = true, uuid.NewString()
			m.dequeueCount++
			took := *m
			return &took, nil, nil
		case soonest.IsZero() || m.visible.Before(soonest):
			soonest = m.visible
		}
	}
	if !soonest.IsZero() {
		wait = time.After(soonest.Sub(now))
	}
	return nil, wait, from.changed
}

// remove deletes a message that was taken.
func (q *Queues) remove(name string, taken message) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.named(name).cut(taken)
}

// release makes a message that was taken visible again, after a pause.
func (q *Queues) release(name string, taken message, after time.Duration) {
	q.mu.Lock()
	defer q.mu.Unlock()
	to := q.named(name)
	if m := to.cut(taken); m != nil {
		m.held, m.visible = false, time.Now().Add(after)
		to.append(m)
	}
}

// poison moves a message that was taken to the poison queue, with the same text.
func (q *Queues) poison(name string, taken message) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if m := q.named(name).cut(taken); m != nil {
		q.named(poisonName(name)).add(m.text)
	}
}

func poisonName(queue string) string { return queue + "-poison" }

func (q *Queues) named(name string) *queue {
	name = strings.ToLower(name)
	if q.queues[name] == nil {
		q.queues[name] = &queue{changed: make(chan struct{})}
	}
	return q.queues[name]
}
