package onvaultevent

import (
	"encoding/json"
	"errors"
	"strings"

	"rotunda/internal/secret"
)

// event is what the app uses of a Key Vault event.
type event struct {
	kind    string
	vault   string
	name    string
	version string
}

// parseEvent reads an event in Event Grid's schema or as a CloudEvent, which differ only outside
// of data. It ignores the case of field names and trims them, because the documentation has shown
// "ObjectName " and " ee05..." (MicrosoftDocs/azure-docs
// articles/event-grid/event-schema-key-vault.md).
func parseEvent(body []byte) (event, error) {
	outer, err := fieldsOf(body)
	if err != nil {
		return event{}, errors.New("the event is not a JSON object")
	}
	data, err := fieldsOf(outer["data"])
	if err != nil {
		return event{}, errors.New("the event has no data")
	}
	found := event{
		kind: text(outer["eventtype"]), vault: text(data["vaultname"]), name: text(data["objectname"]), version: text(data["version"]),
	}
	if found.kind == "" {
		found.kind = text(outer["type"])
	}
	if _, err := secret.ParseName(found.name); err != nil {
		return event{}, errors.New("data.ObjectName in the event is not a secret's name")
	}
	return found, nil
}

// fieldsOf returns the fields of a JSON object by their names in lower case.
func fieldsOf(body []byte) (map[string]json.RawMessage, error) {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(body, &fields); err != nil {
		return nil, err
	}
	lower := make(map[string]json.RawMessage, len(fields))
	for name, value := range fields {
		lower[strings.ToLower(strings.TrimSpace(name))] = value
	}
	return lower, nil
}

func text(raw json.RawMessage) string {
	var found string
	_ = json.Unmarshal(raw, &found) // a non-string counts as absent
	return strings.TrimSpace(found)
}
