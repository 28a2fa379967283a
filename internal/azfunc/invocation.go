package azfunc

import (
	"encoding/json"
	"errors"
)

// Invocation is what the host posts for a function that is not forwarded
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

// Trigger gives the JSON of a binding, or nil if there is none. The host writes anything but an object as a string that
// itself contains JSON, so one layer of that is undone; a string that is no JSON stays a string.
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

// Text gives the trigger's value where it is text, such as a queue message: both layers of
// encoding are undone.
func (i Invocation) Text(binding string) string {
	raw := i.Trigger(binding)
	var text string
	if json.Unmarshal(raw, &text) == nil {
		return text
	}
	return string(raw)
}
