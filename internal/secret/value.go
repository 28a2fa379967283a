package secret

import (
	"crypto/subtle"
	"fmt"
	"io"
	"log/slog"
)

const redacted = "[redacted]"

// Value is a secret's text. It can't be printed: every fmt verb, slog, JSON and text encoding
// shows "[redacted]". The text is behind a pointer because fmt reads unexported string fields of
// other structs without calling their methods.
type Value struct{ text *string }

// NewValue returns a Value that holds text.
func NewValue(text string) Value { return Value{text: &text} }

// Reveal returns the text, or "" if there is none. Call it only where a value leaves the app on
// purpose.
func (v Value) Reveal() string {
	if v.text == nil {
		return ""
	}
	return *v.text
}

// IsSet reports whether there is a value. The empty string is a value.
func (v Value) IsSet() bool { return v.text != nil }

// Equal reports whether v and other hold the same text. Its duration does not depend on where
// they differ.
func (v Value) Equal(other Value) bool {
	return v.IsSet() == other.IsSet() &&
		subtle.ConstantTimeCompare([]byte(v.Reveal()), []byte(other.Reveal())) == 1
}

// Format implements fmt.Formatter.
func (Value) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, redacted) }

// LogValue implements slog.LogValuer.
func (Value) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText implements encoding.TextMarshaler, which encoding/json uses too.
func (Value) MarshalText() ([]byte, error) { return []byte(redacted), nil }
