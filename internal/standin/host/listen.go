package host

import (
	"errors"
	"time"
)

// pollPause is the shortest time until a failed message is tried again, as the real host looks for messages no more often
// than that. Without it, one handler's death would use up all tries before the next handler is there.
// Source: repository Azure/azure-sdk-for-net, Microsoft.Azure.WebJobs.Extensions.Storage.Queues/src/Listeners/QueueListener.cs.
const pollPause = 100 * time.Millisecond

var errTriedTooOften = errors.New("the message was tried too often before")

// listen delivers a queue's messages to a function until the host stops.
func (h *Host) listen(f Function) {
	ctx := h.supervisor.ctx
	if !h.supervisor.awaitFirst() {
		return
	}
	free := make(chan struct{}, h.config.Queues.concurrency())
	for {
		select {
		case free <- struct{}{}:
		case <-ctx.Done():
			return
		}
		taken, ok := h.queues.take(ctx, f.Trigger.QueueName)
		if !ok {
			return
		}
		h.background.Go(func() {
			h.deliver(f, taken)
			<-free
		})
	}
}

// deliver tries a message once, and says what becomes of it. A host that stops lets go of it at once, where Azure's leaves it
// invisible for up to ten minutes.
// Source: repository Azure/azure-sdk-for-net, Microsoft.Azure.WebJobs.Extensions.Storage.Queues/src/QueueProcessor.cs.
func (h *Host) deliver(f Function, taken message) {
	queue, config := f.Trigger.QueueName, h.config.Queues
	err := h.handle(f, taken)
	if err == nil {
		h.queues.remove(queue, taken)
		return
	}
	h.options.Logger.Error("message failed", "function", f.Name, "queue", queue, "message", taken.id, "dequeueCount", taken.dequeueCount, "error", err)
	switch {
	case h.supervisor.ctx.Err() != nil:
		h.queues.release(queue, taken, 0)
	case taken.dequeueCount >= config.MaxDequeueCount:
		h.options.Logger.Warn("message is poison", "function", f.Name, "message", taken.id, "queue", poisonName(queue))
		h.queues.poison(queue, taken)
	default:
		h.queues.release(queue, taken, max(config.VisibilityTimeout, pollPause))
	}
}

func (h *Host) handle(f Function, taken message) error {
	if taken.dequeueCount > h.config.Queues.MaxDequeueCount { // hosts died over it
		return errTriedTooOften
	}
	body, err := h.config.Queues.decode(taken.text)
	if err != nil {
		return err
	}
	trigger := taken.trigger(string(body))
	if f.Trigger.isBinary() {
		trigger.Data = body
	}
	_, err = h.Invoke(h.supervisor.ctx, f.Name, trigger)
	return err
}

// Enqueue puts a message into a queue, as a Storage client with the app's encoding does: where host.json says base64, the
// text in the queue is base64, as Event Grid's messages are too.
func (h *Host) Enqueue(queue string, body []byte) error {
	return h.queues.Put(queue, h.config.Queues.encode(body))
}

// Queued are the bodies of the messages that are in a queue, waiting or being worked on, first to last.
func (h *Host) Queued(queue string) [][]byte {
	var bodies [][]byte
	for _, text := range h.queues.Texts(queue) {
		body, err := h.config.Queues.decode(text)
		if err != nil {
			body = []byte(text)
		}
		bodies = append(bodies, body)
	}
	return bodies
}

// Poisoned are the bodies of the messages that were given up, and now are in the queue's poison queue.
func (h *Host) Poisoned(queue string) [][]byte { return h.Queued(poisonName(queue)) }
