package host

import (
	"encoding/base64"
	"fmt"
	"strings"
)

// result maps the answer to the function's output bindings. Source: Workers/Http/HttpScriptInvocationResultExtensions.cs.
func (a answer) result(f Function) Result {
	result := Result{Outputs: map[string]any{}, Logs: a.Logs}
	for _, binding := range f.Outputs {
		if value, ok := a.output(binding); ok && !binding.is(httpType) {
			result.Outputs[binding.Name] = value
		}
		if binding.Name == returnName {
			result.ReturnValue = sniff(binding, a.ReturnValue)
		}
	}
	return result
}

// output is the value that the handler gave for a binding.
func (a answer) output(binding Binding) (any, bool) {
	value, ok := a.Outputs[binding.Name]
	if binding.Name == returnName && !ok {
		value = a.ReturnValue
	}
	return sniff(binding, value), value != nil
}

// sniff turns text that happens to be valid base64 into bytes, as the host does; "test" and "abcd1234" are such texts.
func sniff(binding Binding, value any) any {
	text, isText := value.(string)
	if !isText || binding.isBinary() {
		return value
	}
	if decoded, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(text), "")); err == nil {
		return decoded
	}
	return value
}

// collect puts what the function sent into queues: an array is one message per element.
func (h *Host) collect(f Function, a answer) error {
	for _, binding := range f.Outputs {
		value, ok := a.output(binding)
		if !ok || !binding.is(queueType) {
			continue
		}
		values, isArray := value.([]any)
		if !isArray {
			values = []any{value}
		}
		for _, one := range values {
			if err := h.enqueue(binding.QueueName, one); err != nil {
				return fmt.Errorf("output %q: %w", binding.Name, err)
			}
		}
	}
	return nil
}

func (h *Host) enqueue(queue string, value any) error {
	body, err := messageBody(value)
	if err != nil {
		return err
	}
	return h.Enqueue(queue, body)
}

func messageBody(value any) ([]byte, error) {
	switch value := value.(type) {
	case []byte:
		return value, nil
	case string:
		return []byte(value), nil
	}
	return marshal(value)
}
