package azfunc

import (
	"encoding/json"
	"errors"
)

// Invocation is what the host posts to a function for which it does not forward HTTP requests
// (WebJobs.Script/Workers/MessageExtensions/ScriptInvocationContextExtensions.cs).
type Invocation struct {
	Data     map[string]json.RawMessage
	Metadata map[string]json.RawMessage
}

// ParseInvocation reads an invocation.
func ParseInvocation(body []byte) (Invocation, error) {
	var invocation Invocation
	if err := json.Unmarshal(body, &invocation); err != nil || len(invocation.Data) == 0 {
		return Invocation{}, errors.New("the invocation is not a JSON object with Data and Metadata")
	}
	return invocation, nil
}

// Trigger returns the JSON of a binding, or nil if there is none. The host encodes anything but an
// object as a string that contains JSON, and Trigger undoes that. A string that does not contain
// JSON stays a string.
func (i Invocation) Trigger(binding string) json.RawMessage {
	raw := i.Data[binding]
	var text string
	if json.Unmarshal(raw, &text) != nil {
		return raw
	}
	if json.Valid([]byte(text)) {
		return json.RawMessage(text)
	}
	return raw
}

// Text returns the trigger's value if it is text, such as a queue message. It undoes both layers
// of encoding.
func (i Invocation) Text(binding string) string {
	raw := i.Trigger(binding)
	var text string
	if json.Unmarshal(raw, &text) == nil {
		return text
	}
	return string(raw)
}
