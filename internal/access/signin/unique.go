package signin

import (
	"bytes"
	"encoding/json"
	"errors"
	"unicode/utf8"
)

// maxDepth is deeper than any claim of a known issuer.
const maxDepth = 10

var (
	errNotText   = errors.New("is not UTF-8")
	errNotObject = errors.New("is not a JSON object")
	errTwice     = errors.New("has the same name twice")
	errTooDeep   = errors.New("is nested too deeply")
)

// checkObject refuses JSON that two readers could understand differently. encoding/json replaces
// what is not UTF-8, and lets the last of two equal names win; RFC 7519 section 4 allows to refuse
// them.
func checkObject(text []byte) error {
	if !utf8.Valid(text) {
		return errNotText
	}
	if start := bytes.TrimLeft(text, " \t\r\n"); len(start) == 0 || start[0] != '{' {
		return errNotObject
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	return checkValue(d, maxDepth)
}

// checkValue reads one value and all that is in it.
func checkValue(d *json.Decoder, depth int) error {
	start, err := d.Token()
	if err != nil {
		return errNotObject
	}
	open, ok := start.(json.Delim)
	if !ok {
		return nil
	}
	if depth == 0 {
		return errTooDeep
	}
	return checkInside(d, open == '{', depth-1)
}

func checkInside(d *json.Decoder, object bool, depth int) error {
	names := map[json.Token]bool{}
	for d.More() {
		if object {
			name, err := d.Token()
			if err != nil {
				return errNotObject
			}
			if names[name] {
				return errTwice
			}
			names[name] = true
		}
		if err := checkValue(d, depth); err != nil {
			return err
		}
	}
	if _, err := d.Token(); err != nil { // the closing delimiter
		return errNotObject
	}
	return nil
}
