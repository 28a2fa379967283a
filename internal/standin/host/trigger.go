package host

import (
	"encoding/json"
	"time"

	"github.com/google/uuid"
)

// Trigger is what a function is invoked with: the value of its trigger binding, and what the host adds about it.
// A Data of type []byte arrives as base64, a JSON object (a struct, a map, a json.RawMessage) as it is, and anything else
// twice encoded, as a string that holds JSON.
type Trigger struct {
	Data     any
	Metadata map[string]any
	// Inputs are the values of further input bindings, by name.
	Inputs map[string]any
}

// Queue expiry and lease as the storage extension has them. Source: repository Azure/azure-sdk-for-net,
// sdk/storage/Microsoft.Azure.WebJobs.Extensions.Storage.Queues.
const (
	queueExpiry = 7 * 24 * time.Hour
	queueLease  = 10 * time.Minute
)

// QueueMessage is the trigger of a queue message with this text, delivered for the dequeueCount-th time, first is 1.
// Properties of a text that is a JSON object become metadata, as in the real host.
func QueueMessage(text string, dequeueCount int) Trigger {
	return message{id: uuid.NewString(), receipt: uuid.NewString(), inserted: time.Now(), dequeueCount: dequeueCount}.trigger(text)
}

// trigger is what a function is invoked with for a message, of which text is the decoded body.
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

// Event is the trigger of one Event Grid event, in the Event Grid or the CloudEvents schema; it arrives unchanged.
// The text must be a JSON object.
func Event(event json.RawMessage) Trigger {
	var fields struct{ Data json.RawMessage }
	if json.Unmarshal(event, &fields) != nil || fields.Data == nil {
		return Trigger{Data: event} // where it is no JSON, Invoke says so
	}
	return Trigger{Data: event, Metadata: map[string]any{"data": fields.Data}}
}

// Tick is a timer's trigger, with the .NET names of its fields.
type Tick struct {
	Schedule       TickSchedule
	ScheduleStatus *TickStatus // nil when the timer is not monitored
	IsPastDue      bool
}

// TickSchedule is the part of a timer's schedule that the handler sees.
type TickSchedule struct{ AdjustForDST bool }

// TickStatus is when a timer ran last, and when it runs next.
type TickStatus struct{ Last, Next, LastUpdated time.Time }

// Timer is the trigger of a timer that fires now, unmonitored; pastDue says that it should have fired before.
func Timer(pastDue bool) Trigger {
	return Trigger{Data: Tick{Schedule: TickSchedule{AdjustForDST: true}, IsPastDue: pastDue}}
}

// systemData is what every invocation's metadata has under sys.
type systemData struct {
	MethodName string
	UtcNow     time.Time
	RandGuid   string
}
