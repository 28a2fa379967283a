package rules

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"unicode/utf8"
)

// value is a JSON value and where it is in the file.
type value struct {
	place
	text   string  // of a string
	list   []value // of a list
	fields []field // of an object
	kind   kind
}

type field struct {
	name string
	value
}

type kind string

const (
	object kind = "an object"
	list   kind = "a list"
	text   kind = "a string"
	other  kind = "neither an object, a list nor a string"
)

// place is where something is, such as rules[2].may[0] in line 14.
type place struct {
	path string
	line int
}

func (p place) String() string {
	if p.path == "" {
		return fmt.Sprintf("line %d", p.line)
	}
	return fmt.Sprintf("line %d, %s", p.line, p.path)
}

// parse reads the one JSON value that the file holds.
func parse(file []byte) (value, error) {
	file = bytes.TrimPrefix(file, []byte("\ufeff"))
	if !utf8.Valid(file) {
		return value{}, errors.New("the file is not valid UTF-8: save it as UTF-8")
	}
	if err := json.Unmarshal(file, new(any)); err != nil {
		return value{}, explain(file, err)
	}
	d := document{decoder: json.NewDecoder(bytes.NewReader(file)), text: file, line: 1}
	return d.value("")
}

// explain says in which line the syntax is wrong.
func explain(file []byte, err error) error {
	if wrong, ok := errors.AsType[*json.SyntaxError](err); ok {
		line := 1 + bytes.Count(file[:min(int(wrong.Offset), len(file))], []byte("\n"))
		return fmt.Errorf("line %d: the file is not valid JSON: %w", line, err)
	}
	return fmt.Errorf("the file is not valid JSON: %w", err)
}

// document reads JSON whose syntax has been checked.
type document struct {
	decoder *json.Decoder
	text    []byte
	read    int // how much of text has been counted in line
	line    int
}

func (d *document) value(path string) (value, error) {
	token, err := d.token()
	if err != nil {
		return value{}, err
	}
	v := value{place: place{path, d.line}}
	switch token := token.(type) {
	case string:
		v.kind, v.text = text, token
	case json.Delim:
		if token == '{' {
			v.kind = object
			return v, d.fields(&v)
		}
		v.kind = list
		return v, d.items(&v)
	default:
		v.kind = other
	}
	return v, nil
}

func (d *document) fields(v *value) error {
	for d.decoder.More() {
		token, err := d.token()
		name, ok := token.(string)
		if err != nil || !ok {
			return errors.Join(err, errors.New("a field without a name"))
		}
		path := name
		if v.path != "" {
			path = v.path + "." + name
		}
		inside, err := d.value(path)
		if err != nil {
			return err
		}
		v.fields = append(v.fields, field{name, inside})
	}
	_, err := d.token() // the end
	return err
}

func (d *document) items(v *value) error {
	for d.decoder.More() {
		item, err := d.value(fmt.Sprintf("%s[%d]", v.path, len(v.list)))
		if err != nil {
			return err
		}
		v.list = append(v.list, item)
	}
	_, err := d.token() // the end
	return err
}

// token returns the next token, and moves line to where it is. No token extends over two lines.
func (d *document) token() (json.Token, error) {
	token, err := d.decoder.Token()
	end := int(d.decoder.InputOffset())
	d.line += bytes.Count(d.text[d.read:end], []byte("\n"))
	d.read = end
	return token, err
}
