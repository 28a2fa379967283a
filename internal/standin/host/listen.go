package host

import (
	"errors"
	"time"
)

// pollPause is the shortest pause before a failed message is retried: the real host does not look
// for messages more often. Without it, one death of the handler would use up all tries before the
// next handler is ready.
// Source: repository Azure/azure-sdk-for-net,
// Microsoft.Azure.WebJobs.Extensions.Storage.Queues/src/Listeners/QueueListener.cs.
const pollPause = 100 * time.Millisecond

// Failures of a message that is not tried, or not again.
var (
	errTriedTooOften = errors.New("the message was tried too often before")
	errUndecodable   = errors.New("the message is not base64: encode it")
)

// listen delivers a queue's messages to a function until the host stops.
func (h *Host) listen(f Function) {
	ctx := h.supervisor.ctx
	if !h.supervisor.awaitFirst() {
		return
	}
	free := make(chan struct{}, h.config.Queues.concurrency(h.env))
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

// deliver tries a message once, and then removes, releases or poisons it. A text that can't be
// decoded is poison at once. The message of a host that dies stays invisible until its lease ends.
// Source: repository Azure/azure-sdk-for-net, sdk/storage:
// Microsoft.Azure.WebJobs.Extensions.Storage.Common/src/Shared/Queues/QueueProcessor.cs and
// QueueListener.cs (_visibilityTimeout), and
// Microsoft.Azure.WebJobs.Extensions.Storage.Queues/src/QueueServiceClientProvider.cs
// (CreateMessageDecodingFailedHandler).
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
		h.queues.release(queue, taken, queueLease)
	case taken.dequeueCount >= config.MaxDequeueCount, errors.Is(err, errUndecodable):
		h.options.Logger.Warn("message is poison", "function", f.Name, "message", taken.id, "queue", poisonName(queue))
		h.queues.poison(queue, taken)
	default:
		h.queues.release(queue, taken, max(config.VisibilityTimeout, pollPause))
	}
}

func (h *Host) handle(f Function, taken message) error {
	if taken.dequeueCount > h.config.Queues.MaxDequeueCount { // hosts died while handling it
		return errTriedTooOften
	}
	body, err := decodeMessage(taken.text)
	if err != nil {
		return err
	}
	_, err = h.Invoke(h.supervisor.ctx, f.Name, taken.trigger(string(body)))
	return err
}

// Enqueue puts a message into a queue, in base64, as a Storage client of the app does.
func (h *Host) Enqueue(queue string, body []byte) error {
	return h.queues.Put(queue, encodeMessage(body))
}

// Queued returns the bodies of a queue's messages, waiting or in progress, oldest first.
func (h *Host) Queued(queue string) [][]byte {
	var bodies [][]byte
	for _, text := range h.queues.Texts(queue) {
		body, err := decodeMessage(text)
		if err != nil {
			body = []byte(text)
		}
		bodies = append(bodies, body)
	}
	return bodies
}

// Poisoned returns the bodies of the messages in a queue's poison queue.
func (h *Host) Poisoned(queue string) [][]byte { return h.Queued(poisonName(queue)) }
