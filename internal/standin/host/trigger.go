package host

import (
	"encoding/json"
	"time"

	"github.com/google/uuid"
)

// Trigger is what a function is invoked with: the value of its trigger binding, and what the host
// adds to it. A JSON object in Data (a struct, a map, a json.RawMessage) arrives as it is,
// anything else as a string that holds JSON.
type Trigger struct {
	Data     any
	Metadata map[string]any
}

// Expiry and lease of a message in the storage extension.
// Source: repository Azure/azure-sdk-for-net,
// sdk/storage/Microsoft.Azure.WebJobs.Extensions.Storage.Queues.
const (
	queueExpiry = 7 * 24 * time.Hour
	queueLease  = 10 * time.Minute
)

// QueueMessage returns the trigger of a queue message with this text. dequeueCount is 1 at the
// first delivery. Properties of a text that is a JSON object become metadata, as in the real
// host.
func QueueMessage(text string, dequeueCount int) Trigger {
	return message{id: uuid.NewString(), receipt: uuid.NewString(), inserted: time.Now(), dequeueCount: dequeueCount}.trigger(text)
}

// trigger returns what a function is invoked with for a message; text is its decoded body.
func (m message) trigger(text string) Trigger {
	metadata := map[string]any{
		"DequeueCount": m.dequeueCount, "Id": m.id, "PopReceipt": m.receipt, "InsertionTime": m.inserted.UTC(),
		"ExpirationTime": m.inserted.UTC().Add(queueExpiry), "NextVisibleTime": time.Now().UTC().Add(queueLease),
	}
	for name, value := range bindingData(text) {
		metadata[name] = value
	}
	return Trigger{Data: text, Metadata: metadata}
}

// Event returns the trigger of one event, in the Event Grid or the CloudEvents schema. It arrives
// unchanged, and must be a JSON object.
func Event(event json.RawMessage) Trigger {
	var fields struct{ Data json.RawMessage }
	if json.Unmarshal(event, &fields) != nil || fields.Data == nil {
		return Trigger{Data: event} // Invoke returns an error if it is not JSON
	}
	return Trigger{Data: event, Metadata: map[string]any{"data": fields.Data}}
}

// Timer returns the trigger of a timer that fires now, with .NET's names for its fields. Its
// schedule status is that of a timer that is not monitored.
func Timer() Trigger {
	var tick struct {
		Schedule       struct{ AdjustForDST bool }
		ScheduleStatus *struct{}
		IsPastDue      bool
	}
	tick.Schedule.AdjustForDST = true
	return Trigger{Data: tick}
}

// systemData is what every invocation's metadata holds under sys.
type systemData struct {
	MethodName string
	UtcNow     time.Time
	RandGuid   string
}
