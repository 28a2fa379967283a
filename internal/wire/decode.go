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
	body, err := readBody(w, r, MaxBodyBytes)
	if err != nil {
		return err
	}
	return parse(body, v)
}

func parse(body []byte, v any) error {
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
		return explain(body, err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return badBody("there is data after the JSON object")
	}
	if len(body) > MaxBodyBytes { // a restore, which has a single field
		return nil
	}
	return checkDuplicates(body)
}

func readBody(w http.ResponseWriter, r *http.Request, limit int64) ([]byte, error) {
	if err := checkEncoding(r.Header["Content-Encoding"]); err != nil {
		return nil, err
	}
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
	return bytes.TrimPrefix(body, []byte("\ufeff")), nil // without a byte order mark
}

func tooLargeBody(limit int64) error {
	if limit > MaxBodyBytes {
		return secret.Problemf(secret.ErrBodyTooLarge,
			"The request body is larger than %d bytes. A backup of 500 versions, which is the most that Key Vault backs up, is smaller.", limit)
	}
	return secret.Problemf(secret.ErrBodyTooLarge,
		"The request body is larger than %d bytes. A secret's value can have at most %d bytes.", limit, secret.MaxValueBytes)
}

// checkEncoding accepts a body that is not compressed (RFC 9110, 8.4).
func checkEncoding(sent []string) error {
	for _, coding := range sent {
		if coding != "" && !strings.EqualFold(coding, "identity") {
			return secret.Problemf(secret.ErrEncoding, "The request body has a Content-Encoding. Send it uncompressed, and without that header.")
		}
	}
	return nil
}

func badBody(format string, args ...any) *secret.Problem {
	return secret.Problemf(secret.ErrBadParameter, "The request body is not valid: "+format+".", args...)
}
