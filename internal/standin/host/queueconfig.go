package host

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"
)

// QueuesConfig is host.json's extensions.queues. What it says about polling has no meaning here: messages are delivered at once.
type QueuesConfig struct {
	BatchSize         int           // 16 where absent, at most 32
	NewBatchThreshold *int          // half of BatchSize where absent
	MaxDequeueCount   int           // tries before a message is poison, 5 where absent
	VisibilityTimeout time.Duration // between a failed try and the next one, none where absent
	MessageEncoding   string        // base64 where absent, or none
}

const (
	maxBatchSize   = 32
	base64Encoding = "base64"
	noEncoding     = "none"
)

// queuesSection is extensions.queues as it is written.
type queuesSection struct {
	BatchSize         *int    `json:"batchSize"`
	NewBatchThreshold *int    `json:"newBatchThreshold"`
	MaxDequeueCount   *int    `json:"maxDequeueCount"`
	VisibilityTimeout *string `json:"visibilityTimeout"`
	MessageEncoding   *string `json:"messageEncoding"`
}

func (s queuesSection) config() (QueuesConfig, error) {
	config := QueuesConfig{
		BatchSize: or(s.BatchSize, 16), NewBatchThreshold: s.NewBatchThreshold, MaxDequeueCount: or(s.MaxDequeueCount, 5),
		MessageEncoding: or(s.MessageEncoding, base64Encoding),
	}
	return config, setTimeout(&config.VisibilityTimeout, "extensions.queues.visibilityTimeout", s.VisibilityTimeout)
}

func or[T any](given *T, otherwise T) T {
	if given == nil {
		return otherwise
	}
	return *given
}

// check applies the limits of the storage extension. Source: repository Azure/azure-sdk-for-net,
// sdk/storage/Microsoft.Azure.WebJobs.Extensions.Storage.Queues/src/QueuesOptions.cs.
func (c QueuesConfig) check() error {
	switch {
	case c.BatchSize < 1 || c.BatchSize > maxBatchSize:
		return fmt.Errorf("extensions.queues.batchSize is %d: 1 to %d are possible", c.BatchSize, maxBatchSize)
	case or(c.NewBatchThreshold, 0) < 0:
		return errors.New("extensions.queues.newBatchThreshold must not be below 0")
	case c.MaxDequeueCount < 1:
		return errors.New("extensions.queues.maxDequeueCount must be at least 1")
	case !strings.EqualFold(c.MessageEncoding, base64Encoding) && !strings.EqualFold(c.MessageEncoding, noEncoding):
		return fmt.Errorf("extensions.queues.messageEncoding is %q: base64 and none are possible", c.MessageEncoding)
	}
	return nil
}

// concurrency is how many messages of one queue a host works on at once: it fetches a batch whenever no more than the
// threshold are left.
func (c QueuesConfig) concurrency() int { return c.BatchSize + or(c.NewBatchThreshold, c.BatchSize/2) }

func (c QueuesConfig) isPlain() bool { return strings.EqualFold(c.MessageEncoding, noEncoding) }

func (c QueuesConfig) encode(body []byte) string {
	if c.isPlain() {
		return strings.ToValidUTF8(string(body), "\ufffd")
	}
	return base64.StdEncoding.EncodeToString(body)
}

func (c QueuesConfig) decode(text string) ([]byte, error) {
	if c.isPlain() {
		return []byte(text), nil
	}
	body, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(text), ""))
	if err != nil {
		return nil, fmt.Errorf("the message is not base64, as extensions.queues.messageEncoding says: encode it, or set none there: %w", err)
	}
	return body, nil
}
