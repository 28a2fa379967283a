package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"unicode/utf8"

	"rotunda/internal/secret"
)

// MaxBodyBytes bounds a request's body.
const MaxBodyBytes = 1 << 20

// decode reads the body into v, strictly: one JSON object, no field that v does not know.
// Its errors name fields and positions, never contents.
func decode(w http.ResponseWriter, r *http.Request, v any) error {
	body, err := readBody(w, r)
	if err != nil {
		return err
	}
	if len(bytes.TrimSpace(body)) == 0 {
		return badBody("it is empty; a JSON object is required")
	}
	if !utf8.Valid(body) {
		return badBody("it is not valid UTF-8; send a binary value as base64")
	}
	if loneSurrogate(body) {
		return badBody(`it has half of a \u surrogate pair, which stands for no character`)
	}
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(v); err != nil {
		return explain(err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return badBody("there is more after the JSON object")
	}
	return nil
}

func readBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, MaxBodyBytes))
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		return nil, secret.Problemf(secret.ErrBodyTooLarge,
			"The request body is over %d bytes. A secret's value may have %d bytes, a batch a few kilobytes.", MaxBodyBytes, secret.MaxValueBytes)
	}
	if err != nil {
		return nil, badBody("it broke off before its end").Because(err)
	}
	return body, nil
}

// explain words an error of encoding/json without its quotes from the body.
func explain(err error) error {
	const unknown = "json: unknown field "
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		return secret.Problemf(secret.ErrBadParameter, "The request body is malformed JSON at byte %d.", syntax.Offset)
	}
	if mismatch, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		found, _, _ := strings.Cut(mismatch.Value, " ") // "number -5": the kind only
		return badBody("%s must be %s, not %s", fieldName(mismatch.Field), kindName(mismatch), article(found))
	}
	if field, ok := strings.CutPrefix(err.Error(), unknown); ok {
		return badBody("it has the unknown field %s", clip(field))
	}
	return secret.Problemf(secret.ErrBadParameter, "The request body is malformed JSON: it ends too early.")
}

func kindName(mismatch *json.UnmarshalTypeError) string {
	switch mismatch.Type.Kind().String() {
	case "string":
		return "a string"
	case "bool":
		return "true or false"
	case "int64", "int32":
		return "a whole number"
	case "slice":
		return "an array"
	default:
		return "an object"
	}
}

func fieldName(path string) string {
	if path == "" {
		return "it"
	}
	return clip(path)
}

func article(kind string) string {
	if kind == "array" || kind == "object" {
		return "an " + kind
	}
	return "a " + kind
}

func clip(s string) string {
	const most = 80
	if len(s) > most {
		return s[:most] + "..."
	}
	return s
}

func badBody(format string, args ...any) *secret.Problem {
	return secret.Problemf(secret.ErrBadParameter, "The request body is not valid: "+format+".", args...)
}
