package form

import (
	"rotunda/internal/rotation"
	"rotunda/internal/secret"
)

// Key is a key without a user, found in a secret's value: the value is the key alone, or has it in
// a connection string, a URL, a field of JSON or the like.
type Key struct {
	Value secret.Value

	found Login
}

// KeyOptions say where a key may be.
type KeyOptions struct {
	// Names are the names under which connection strings have the key, such as AccountKey, in any
	// case. Names that end in key or say password come after these.
	Names []string
	// Field is the tag ValueField: the field of the value that has the key or the connection
	// string. "" means that the value says it.
	Field string
}

// ParseKey finds the key in a value. Its error is a permanent *rotation.Fault.
func ParseKey(value secret.Value, o KeyOptions) (Key, error) {
	found, err := Parse(value.Reveal(), Options{Field: o.Field, keys: append([]string{}, o.Names...)})
	if err != nil {
		return Key{}, err
	}
	return Key{Value: secret.NewValue(found.Password), found: found}, nil
}

// With returns the value with another key, also where it repeats it, and everything else
// unchanged. Its error is a permanent *rotation.Fault.
func (k Key) With(next secret.Value) (secret.Value, error) {
	if k.found.body == "" {
		return secret.Value{}, rotation.Permanentf("The secret's value has no key.")
	}
	text, err := k.found.With("", next.Reveal())
	if err != nil {
		return secret.Value{}, err
	}
	return secret.NewValue(text), nil
}
