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

// parseObject parses a JSON object that every reader understands in the same way. encoding/json
// replaces what is not UTF-8, and lets the last of two equal names win; RFC 7519 section 4 allows
// to refuse them.
func parseObject(text []byte) (map[string]any, error) {
	if !utf8.Valid(text) {
		return nil, errNotText
	}
	var value any // decoding into a map would be slower
	err := json.Unmarshal(text, &value)
	object, ok := value.(map[string]any)
	if err != nil || !ok {
		return nil, errNotObject
	}
	return object, checkNames(text)
}

// checkNames refuses an object with the same name twice, at any depth. The text must be JSON.
func checkNames(text []byte) error {
	var open []map[string]bool // the names of each open object, nil for a list
	isName := false            // the next string is a name
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '{', '[':
			if isName = text[i] == '{'; len(open) == maxDepth {
				return errTooDeep
			}
			open = append(open, nil)
			if isName {
				open[len(open)-1] = map[string]bool{}
			}
		case '}', ']':
			open, isName = open[:len(open)-1], false
		case ',':
			isName = open[len(open)-1] != nil
		case '"':
			end := i + stringLength(text[i:])
			if isName && !addName(open[len(open)-1], text[i:end]) {
				return errTwice
			}
			i, isName = end-1, false
		}
	}
	return nil
}

// stringLength returns the length of the JSON string at the start of text, with its quotes.
func stringLength(text []byte) int {
	for i := 1; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(text)
}

// addName adds a quoted name to a set. It reports whether the name is new.
func addName(names map[string]bool, quoted []byte) bool {
	name := string(quoted[1 : len(quoted)-1])
	if bytes.IndexByte(quoted, '\\') >= 0 && json.Unmarshal(quoted, &name) != nil {
		return false
	}
	if names[name] {
		return false
	}
	names[name] = true
	return true
}
