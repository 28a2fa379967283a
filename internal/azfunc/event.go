package azfunc

import (
	"encoding/json"
	"errors"
	"strings"

	"rotunda/internal/secret"
)

// VaultEvent is what we use of a Key Vault event.
type VaultEvent struct {
	Type    string
	Vault   string
	Name    string
	Version string
}

// ParseVaultEvent reads an event in Event Grid's schema or as a CloudEvent. The two differ outside
// of data only. Field names are matched in any case and trimmed: the documentation has had
// "ObjectName " and " ee05..." (MicrosoftDocs/azure-docs articles/event-grid/event-schema-key-vault.md).
func ParseVaultEvent(body []byte) (VaultEvent, error) {
	outer, err := looseFields(body)
	if err != nil {
		return VaultEvent{}, errors.New("the event is not a JSON object")
	}
	data, err := looseFields(outer["data"])
	if err != nil {
		return VaultEvent{}, errors.New("the event has no data")
	}
	event := VaultEvent{
		Type: text(outer["eventtype"]), Vault: text(data["vaultname"]), Name: text(data["objectname"]), Version: text(data["version"]),
	}
	if event.Type == "" {
		event.Type = text(outer["type"])
	}
	if _, err := secret.ParseName(event.Name); err != nil {
		return VaultEvent{}, errors.New("the event names no secret in data.ObjectName")
	}
	return event, nil
}

func looseFields(body []byte) (map[string]json.RawMessage, error) {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(body, &fields); err != nil {
		return nil, err
	}
	loose := make(map[string]json.RawMessage, len(fields))
	for name, value := range fields {
		loose[strings.ToLower(strings.TrimSpace(name))] = value
	}
	return loose, nil
}

func text(raw json.RawMessage) string {
	var found string
	_ = json.Unmarshal(raw, &found) // what is no text is none
	return strings.TrimSpace(found)
}
