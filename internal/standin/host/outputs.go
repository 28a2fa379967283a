package host

import (
	"encoding/base64"
	"fmt"
	"strings"
)

// enqueueOutputs puts the function's outputs into their queues: an array is one message per
// element. Source: Workers/Http/HttpScriptInvocationResultExtensions.cs.
func (h *Host) enqueueOutputs(f Function, a answer) error {
	for _, binding := range f.Outputs {
		value := sniffBase64(a.Outputs[binding.Name])
		if value == nil {
			continue
		}
		values, isArray := value.([]any)
		if !isArray {
			values = []any{value}
		}
		for _, one := range values {
			if err := h.enqueueValue(binding.QueueName, one); err != nil {
				return fmt.Errorf("output %q: %w", binding.Name, err)
			}
		}
	}
	return nil
}

// sniffBase64 turns text that happens to be valid base64 into bytes, as the host does: "test" and
// "abcd1234" are such texts.
func sniffBase64(value any) any {
	if text, isText := value.(string); isText {
		if decoded, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(text), "")); err == nil {
			return decoded
		}
	}
	return value
}

func (h *Host) enqueueValue(queue string, value any) (err error) {
	var body []byte
	switch value := value.(type) {
	case []byte:
		body = value
	case string:
		body = []byte(value)
	default:
		if body, err = marshal(value); err != nil {
			return err
		}
	}
	return h.Enqueue(queue, body)
}
