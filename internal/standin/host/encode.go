package host

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"strings"
	"time"
)

// encodeValue writes a value as the host puts it into an invocation: bytes as base64, a time as text, a JSON object as it
// is, and all else as a string that itself holds JSON. So the text hello arrives as "\"hello\"".
//
// Source: Workers/MessageExtensions/ScriptInvocationContextExtensions.cs (GetHttpScriptInvocationContextValue).
func encodeValue(value any) (json.RawMessage, error) {
	switch value := value.(type) {
	case []byte:
		return marshal(base64.StdEncoding.EncodeToString(value))
	case time.Time:
		return marshal(value.Format("2006-01-02T15:04:05-07:00"))
	}
	text, err := marshal(value)
	if err != nil || bytes.HasPrefix(text, []byte("{")) {
		return text, err
	}
	return marshal(string(text))
}

// encodeMetadata encodes what goes beside the data; a name that ends in trigger is left out, as the data has it already.
func encodeMetadata(values map[string]any) (map[string]json.RawMessage, error) {
	encoded, err := encodeAll(values)
	maps.DeleteFunc(encoded, func(name string, _ json.RawMessage) bool { return strings.HasSuffix(strings.ToLower(name), "trigger") })
	return encoded, err
}

// encodeAll encodes each value of an object; null ones are left out.
func encodeAll(values map[string]any) (map[string]json.RawMessage, error) {
	encoded := map[string]json.RawMessage{}
	for name, value := range values {
		if value == nil {
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

// marshal writes JSON as .NET's Newtonsoft does: <, > and & stay as they are.
func marshal(value any) (json.RawMessage, error) {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(value)
	return bytes.TrimRight(out.Bytes(), "\n"), err
}

// bindingData are the properties of a text that holds a JSON object, as metadata: arrays are left out, objects stay,
// the rest becomes text. Source: Utility.cs (ApplyBindingData); how true and false are spelt is derived.
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

func writeJSON(w http.ResponseWriter, status int, value any) {
	text, err := marshal(value)
	if err != nil {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", jsonType)
	w.WriteHeader(status)
	_, _ = w.Write(text)
}

const jsonType = "application/json; charset=utf-8"
