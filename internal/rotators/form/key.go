// Package form finds a credential in a secret's value and replaces it, byte for byte: nothing else
// of the value changes.
package form

import (
	"strings"

	"rotunda/internal/rotation"
	"rotunda/internal/secret"
)

// Key is a key without a user, found in a secret's value: the value is the key alone, or a
// connection string that holds it.
type Key struct {
	Value secret.Value

	before, after string
}

// KeyOptions say where a key may be.
type KeyOptions struct {
	// Names are the names under which connection strings have the key, such as AccountKey, in any
	// case.
	Names []string
	// Field is the tag ValueField: the field of a JSON object that has the key or the connection
	// string. "" means that the value says it.
	Field string
}

// ParseKey finds the key in a value. Its error is a permanent *rotation.Fault.
func ParseKey(value secret.Value, o KeyOptions) (Key, error) {
	text := value.Reveal()
	if text == "" {
		return Key{}, rotation.Permanentf("The secret's value is empty. Set it to the key that is valid now; rotation starts from there.")
	}
	at := 0
	for part := range strings.SplitSeq(text, ";") {
		name, key, pair := strings.Cut(part, "=")
		for _, wanted := range o.Names {
			if pair && strings.EqualFold(strings.TrimSpace(name), wanted) {
				begin := at + len(part) - len(key)
				return Key{Value: secret.NewValue(key), before: text[:begin], after: text[at+len(part):]}, nil
			}
		}
		at += len(part) + 1
	}
	return Key{Value: value}, nil
}

// With returns the value with another key. Its error is a permanent *rotation.Fault.
func (k Key) With(next secret.Value) (secret.Value, error) {
	return secret.NewValue(k.before + next.Reveal() + k.after), nil
}
