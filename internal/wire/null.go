package wire

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// checkNulls rejects an update that sets a field to null. Key Vault ignores it, and a caller who
// wants to remove something would believe that it is gone. In particular, a date can't be removed
// once it is set (hashicorp/terraform-provider-azurerm#28355, Azure/azure-sdk-for-net#5267).
func checkNulls(body []byte) error {
	if isNull(bytes.TrimSpace(body)) {
		return badBody("it is null; a JSON object is required")
	}
	fields := fieldsOf(body)
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if isNull(fields[name]) {
			return nullField(name, name)
		}
		if !strings.EqualFold(name, "attributes") {
			continue
		}
		attributes := fieldsOf(fields[name])
		for _, inner := range slices.Sorted(maps.Keys(attributes)) {
			if isNull(attributes[inner]) && slices.Contains(writable, strings.ToLower(inner)) {
				return nullField(inner, name+"."+inner)
			}
		}
	}
	return nil
}

// writable are the attributes that a caller can change.
var writable = []string{"enabled", "exp", "nbf"}

func nullField(name, path string) error {
	switch strings.ToLower(name) {
	case "exp", "nbf":
		return badBody("%s is null, but Key Vault keeps a date once it is set. Set another date, or set the secret again without it", path)
	case "tags":
		return badBody("%s is null, which changes nothing. Omit it, or send {} to remove all tags", path)
	}
	return badBody("%s is null, which changes nothing. Omit it", path)
}

// fieldsOf returns the fields of a JSON object that has been parsed before.
func fieldsOf(object []byte) map[string]json.RawMessage {
	var fields map[string]json.RawMessage
	_ = json.Unmarshal(object, &fields) // it was an object, or null
	return fields
}

func isNull(raw json.RawMessage) bool { return string(raw) == "null" }
