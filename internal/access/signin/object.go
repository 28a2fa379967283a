package signin

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
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

// parseObject parses a JSON object that every reader understands in the same way. encoding/json
// replaces what is not UTF-8, and lets the last of two equal names win; RFC 7519 section 4 allows
// to refuse them.
func parseObject(text []byte) (map[string]any, error) {
	if !utf8.Valid(text) {
		return nil, errNotText
	}
	d := json.NewDecoder(bytes.NewReader(text))
	value, err := parseValue(d, maxDepth)
	if err != nil {
		return nil, err
	}
	object, ok := value.(map[string]any)
	if _, err := d.Token(); !ok || !errors.Is(err, io.EOF) {
		return nil, errNotObject
	}
	return object, nil
}

// parseValue parses the next value and all that is in it.
func parseValue(d *json.Decoder, depth int) (any, error) {
	start, err := d.Token()
	if err != nil {
		return nil, errNotObject
	}
	switch {
	case start != json.Delim('{') && start != json.Delim('['):
		return start, nil
	case depth == 0:
		return nil, errTooDeep
	case start == json.Delim('['):
		return parseList(d, depth-1)
	}
	return parseMembers(d, depth-1)
}

func parseList(d *json.Decoder, depth int) (any, error) {
	list := []any{}
	for d.More() {
		value, err := parseValue(d, depth)
		if err != nil {
			return nil, err
		}
		list = append(list, value)
	}
	return list, parseEnd(d)
}

func parseMembers(d *json.Decoder, depth int) (any, error) {
	members := map[string]any{}
	for d.More() {
		token, err := d.Token()
		name, ok := token.(string)
		if err != nil || !ok {
			return nil, errNotObject
		}
		if _, ok := members[name]; ok {
			return nil, errTwice
		}
		if members[name], err = parseValue(d, depth); err != nil {
			return nil, err
		}
	}
	return members, parseEnd(d)
}

// parseEnd reads the closing delimiter.
func parseEnd(d *json.Decoder) error {
	if _, err := d.Token(); err != nil {
		return errNotObject
	}
	return nil
}
