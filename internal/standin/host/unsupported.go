package host

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
)

// unsupported returns the error for something that the real host accepts and the stand-in does not
// imitate. It names what is supported.
func unsupported(supported, format string, args ...any) error {
	return fmt.Errorf(format+" is not supported by the Functions host stand-in, which supports %s", append(args, supported)...)
}

// parseStrict reads JSON into a struct, and does not ignore keys that the struct lacks.
func parseStrict(text []byte, into any) error {
	if err := json.Unmarshal(text, into); err != nil {
		return describeJSON(text, err)
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		return fmt.Errorf("a key is not supported by the Functions host stand-in: %w", err)
	}
	return nil
}

// describeJSON says in one sentence where JSON is wrong.
func describeJSON(text []byte, err error) error {
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		return fmt.Errorf("not JSON: %w at line %d", err, lineOf(text, syntax.Offset))
	}
	if kind, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return fmt.Errorf("%q at line %d is a JSON %s and must be a %s", kind.Field, lineOf(text, kind.Offset), kind.Value, kind.Type)
	}
	return err
}

func lineOf(text []byte, offset int64) int {
	return 1 + bytes.Count(text[:min(int(offset), len(text))], []byte("\n"))
}
