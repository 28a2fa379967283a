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

// MaxBodyBytes is the largest request body that is read.
const MaxBodyBytes = 1 << 20

// maxQuoted is how many characters of a name that the caller sent a message quotes.
const maxQuoted = 80

// decode reads the body into v. It accepts one JSON object without unknown fields. Its errors name
// fields and positions, never contents.
func decode(w http.ResponseWriter, r *http.Request, v any) error {
	return decodeUpTo(w, r, MaxBodyBytes, v)
}

func decodeUpTo(w http.ResponseWriter, r *http.Request, limit int64, v any) error {
	body, err := readBody(w, r, limit)
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
		return badBody(`it has an unpaired \u surrogate, which does not represent a character`)
	}
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(v); err != nil {
		return explain(err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return badBody("there is data after the JSON object")
	}
	return nil
}

func readBody(w http.ResponseWriter, r *http.Request, limit int64) ([]byte, error) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		return nil, tooLargeBody(limit)
	}
	if busy, ok := errors.AsType[*secret.Problem](err); ok {
		return nil, busy
	}
	if err != nil {
		return nil, badBody("it ended before it was complete").Because(err)
	}
	return body, nil
}

func tooLargeBody(limit int64) error {
	if limit > MaxBodyBytes {
		return secret.Problemf(secret.ErrBodyTooLarge,
			"The request body is larger than %d bytes. A backup of 500 versions, which is the most that Key Vault backs up, is smaller.", limit)
	}
	return secret.Problemf(secret.ErrBodyTooLarge,
		"The request body is larger than %d bytes. A secret's value can have at most %d bytes.", limit, secret.MaxValueBytes)
}

// explain rewords an error of encoding/json, which may quote the body.
func explain(err error) error {
	const unknown = "json: unknown field "
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		return secret.Problemf(secret.ErrBadParameter, "The request body is malformed JSON at byte %d.", syntax.Offset)
	}
	if mismatch, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		found, _, _ := strings.Cut(mismatch.Value, " ") // of "number -5" only the kind
		return badBody("%s must be %s, not %s", fieldName(mismatch.Field), kindName(mismatch), article(found))
	}
	if field, ok := strings.CutPrefix(err.Error(), unknown); ok {
		return badBody("it has the unknown field %s", secret.Clip(field, maxQuoted))
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
	return secret.Clip(path, maxQuoted)
}

func article(kind string) string {
	if kind == "array" || kind == "object" {
		return "an " + kind
	}
	return "a " + kind
}

func badBody(format string, args ...any) *secret.Problem {
	return secret.Problemf(secret.ErrBadParameter, "The request body is not valid: "+format+".", args...)
}
