package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"rotunda/internal/secret"
)

// explain rewords an error of encoding/json about a body, because that may quote the body and
// names types of Go.
func explain(body []byte, err error) error {
	const unknown = "json: unknown field "
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		return secret.Problemf(secret.ErrBadParameter, "The request body is malformed JSON at byte %d.", syntax.Offset)
	}
	if mismatch, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return explainType(body, mismatch)
	}
	if field, ok := strings.CutPrefix(err.Error(), unknown); ok {
		return badBody("it has the unknown field %s", secret.Clip(field, maxQuoted))
	}
	return secret.Problemf(secret.ErrBadParameter, "The request body is malformed JSON: it ends too early.")
}

func explainType(body []byte, mismatch *json.UnmarshalTypeError) error {
	field, allowed := fieldAt(body, mismatch.Offset), allowedKind(mismatch)
	found, _, _ := strings.Cut(mismatch.Value, " ") // of "number -5" only the kind
	if found == "number" && allowed == wholeNumber {
		return badBody("%s must be %s, without a decimal point or an exponent", field, allowed)
	}
	return badBody("%s must be %s, not %s", field, allowed, article(found))
}

const wholeNumber = "a whole number"

func allowedKind(mismatch *json.UnmarshalTypeError) string {
	switch mismatch.Type.Kind().String() {
	case "string":
		return "a string"
	case "bool":
		return "true or false"
	case "int64", "int32":
		return wholeNumber
	case "slice":
		return "an array"
	default:
		return "an object"
	}
}

func article(kind string) string {
	switch kind {
	case "array", "object":
		return "an " + kind
	case "bool":
		return "a boolean"
	}
	return "a " + kind
}

// fieldAt returns the path of the value at offset as the caller wrote it, such as
// attributes.exp, or "it" for the whole body. The offset is one of encoding/json: after a scalar,
// or after the bracket that opens an array or an object.
func fieldAt(body []byte, offset int64) string {
	path, _ := find(json.NewDecoder(bytes.NewReader(body)), offset, "")
	if path == "" {
		return "it"
	}
	return secret.Clip(path, maxQuoted)
}

// find reads a value at path, and returns the path of the value in it that is at offset.
func find(decoder *json.Decoder, offset int64, path string) (found string, ok bool) {
	token, err := decoder.Token()
	if err != nil || decoder.InputOffset() >= offset {
		return path, true
	}
	if _, opens := token.(json.Delim); !opens {
		return "", false
	}
	for decoder.More() {
		inside := path
		if token == json.Delim('{') {
			name, _ := decoder.Token() // an error occurs again in find
			inside = strings.TrimPrefix(path+"."+fmt.Sprint(name), ".")
		}
		if found, ok := find(decoder, offset, inside); ok {
			return found, true
		}
	}
	_, _ = decoder.Token() // the end of the object or array
	return "", false
}
