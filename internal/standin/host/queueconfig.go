package host

import (
	"encoding/base64"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"time"
)

// QueuesConfig is host.json's extensions.queues.
type QueuesConfig struct {
	BatchSize         int           // 16 by default, at most 32
	NewBatchThreshold *int          // half of BatchSize for each core by default
	MaxDequeueCount   int           // tries before a message is poison, 5 by default
	VisibilityTimeout time.Duration // between a failed try and the next one, none by default
}

const maxBatchSize = 32

// queuesSection is extensions.queues as it is written.
type queuesSection struct {
	BatchSize          *int    `json:"batchSize"`
	NewBatchThreshold  *int    `json:"newBatchThreshold"`
	MaxDequeueCount    *int    `json:"maxDequeueCount"`
	VisibilityTimeout  *string `json:"visibilityTimeout"`
	MessageEncoding    *string `json:"messageEncoding"`
	MaxPollingInterval *string `json:"maxPollingInterval"` // has no effect: messages are delivered immediately
}

func (s queuesSection) config() (QueuesConfig, error) {
	if encoding := or(s.MessageEncoding, "base64"); !strings.EqualFold(encoding, "base64") {
		return QueuesConfig{}, unsupported("base64", "extensions.queues.messageEncoding %q", encoding)
	}
	config := QueuesConfig{BatchSize: or(s.BatchSize, 16), NewBatchThreshold: s.NewBatchThreshold, MaxDequeueCount: or(s.MaxDequeueCount, 5)}
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
		return fmt.Errorf("extensions.queues.batchSize is %d: it must be 1 to %d", c.BatchSize, maxBatchSize)
	case or(c.NewBatchThreshold, 0) < 0:
		return errors.New("extensions.queues.newBatchThreshold must not be negative")
	case c.MaxDequeueCount < 1:
		return errors.New("extensions.queues.maxDequeueCount must be at least 1")
	}
	return nil
}

// concurrency returns how many messages of one queue a host handles at the same time: it fetches a
// batch whenever no more than the threshold are left. The Consumption plan counts as one core.
// Source: repository Azure/azure-sdk-for-net, sdk/storage,
// Microsoft.Azure.WebJobs.Extensions.Storage.Common/src/Shared: Queues/QueuesOptions.cs and
// SkuUtility.cs.
func (c QueuesConfig) concurrency(env environment) int {
	cores := runtime.NumCPU()
	if strings.EqualFold(env.get("WEBSITE_SKU"), "Dynamic") {
		cores = 1
	}
	return c.BatchSize + or(c.NewBatchThreshold, c.BatchSize/2*cores)
}

func encodeMessage(body []byte) string { return base64.StdEncoding.EncodeToString(body) }

func decodeMessage(text string) ([]byte, error) {
	body, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(text), ""))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errUndecodable, err)
	}
	return body, nil
}
