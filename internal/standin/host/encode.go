package host

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

const jsonType = "application/json; charset=utf-8"

// encodeValue writes a value as the host puts it into an invocation: a time as text, a JSON object
// as it is, and anything else as a string that itself holds JSON. So the text hello arrives as
// "\"hello\"".
//
// Source: Workers/MessageExtensions/ScriptInvocationContextExtensions.cs
// (GetHttpScriptInvocationContextValue).
func encodeValue(value any) (json.RawMessage, error) {
	if at, ok := value.(time.Time); ok {
		return marshal(at.Format("2006-01-02T15:04:05-07:00"))
	}
	text, err := marshal(value)
	if err != nil || bytes.HasPrefix(text, []byte("{")) {
		return text, err
	}
	return marshal(string(text))
}

// encodeMetadata encodes what accompanies the data. Null values are omitted, and so is a name that
// ends in trigger, as the data holds it already.
func encodeMetadata(values map[string]any) (map[string]json.RawMessage, error) {
	encoded := map[string]json.RawMessage{}
	for name, value := range values {
		if value == nil || strings.HasSuffix(strings.ToLower(name), "trigger") {
			continue
		}
		text, err := encodeValue(value)
		if err != nil {
			return nil, fmt.Errorf("%q can't be written as JSON: %w", name, err)
		}
		encoded[name] = text
	}
	return encoded, nil
}

// marshal writes JSON as .NET's Newtonsoft does: <, > and & are not escaped.
func marshal(value any) (json.RawMessage, error) {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(value)
	return bytes.TrimRight(out.Bytes(), "\n"), err
}

// bindingData returns the properties of a text that holds a JSON object, as metadata: arrays are
// omitted, objects stay, anything else becomes text.
// Source: Utility.cs (ApplyBindingData); how true and false are spelt is derived.
func bindingData(text string) map[string]any {
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	var object map[string]any
	if decoder.Decode(&object) != nil || decoder.More() {
		return nil
	}
	for name, value := range object {
		switch value := value.(type) {
		case []any, nil:
			delete(object, name)
		case bool:
			object[name] = map[bool]string{true: "True", false: "False"}[value]
		case json.Number:
			object[name] = value.String()
		}
	}
	return object
}
