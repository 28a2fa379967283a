package wire

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"rotunda/internal/dotenv"
	"rotunda/internal/jsonfields"
	"rotunda/internal/secret"
)

// Source is the value of a secret, in which variables are found. Use NewSource.
type Source struct {
	text   string
	isJSON bool
	fields []jsonfields.Field // nil until a field is looked for
}

// NewSource returns the value of a reading.
func NewSource(reading Reading) (*Source, error) {
	value, err := reading.Value()
	return &Source{text: value.Reveal()}, err
}

// Find returns the value of a variable of the secret.
func (s *Source) Find(v Variable) (none secret.Value, err error) {
	text := s.text
	if v.Field != "" {
		if text, err = s.field(v); err != nil {
			return none, err
		}
	}
	if strings.Contains(text, "\x00") {
		return none, v.unusable("has a zero byte, which no variable can hold")
	}
	return secret.NewValue(text), nil
}

// field returns the field that a variable holds.
func (s *Source) field(v Variable) (string, error) {
	s.scan()
	if !s.isJSON {
		return "", v.unusable("is not JSON, so it has no field %q", secret.Clip(v.Field, maxShown))
	}
	at, twice := jsonfields.Find(s.fields, v.Field, func(f jsonfields.Field) (path, text string) { return f.Path, f.Text })
	switch {
	case at < 0 && v.hasWithin(s.fields):
		return "", v.unusable("has an object or a list as the field %q. Name a field in it", secret.Clip(v.Field, maxShown))
	case at < 0:
		return "", v.unusable("does not have the field %q", secret.Clip(v.Field, maxShown))
	case twice:
		return "", v.unusable("has the field %q twice, with different values", secret.Clip(v.Field, maxShown))
	}
	found := s.fields[at]
	switch {
	case !found.IsString && found.Text == "null":
		return "", v.unusable("has null as the field %q. It must be a string, a number, true or false", secret.Clip(v.Field, maxShown))
	case found.IsString && loneSurrogate([]byte(s.text[found.Begin:found.End])):
		return "", v.unusable("has half a surrogate pair in the field %q, which is not a character", secret.Clip(v.Field, maxShown))
	}
	return found.Text, nil
}

// scan finds all fields, once, which for some values takes hundreds of times their memory.
func (s *Source) scan() {
	if s.fields != nil || !json.Valid([]byte(s.text)) {
		return
	}
	s.isJSON, s.fields = true, jsonfields.Scan(s.text)
}

// maxShown is how many characters of a field a message shows.
const maxShown = 160

// hasWithin reports whether the variable's field is an object or a list with fields in it.
func (v Variable) hasWithin(fields []jsonfields.Field) bool {
	for _, f := range fields {
		for _, follows := range []string{".", "["} {
			if begin := v.Field + follows; len(f.Path) > len(begin) && strings.EqualFold(f.Path[:len(begin)], begin) {
				return true
			}
		}
	}
	return false
}

// unusable returns the error for a secret whose value is not what was requested.
func (v Variable) unusable(format string, args ...any) error {
	return secret.Problemf(secret.ErrUnusable, "The value of the secret "+v.Item.Name+" "+format+".", args...)
}

// Environment is a response of environment variables: lines for a shell or, if the caller prefers
// JSON, an object in the order of the request. It is written once all of them are known. Use
// NewEnvironment.
type Environment struct {
	isJSON bool
	body   bytes.Buffer
	age    time.Duration // of the oldest reading
	stale  bool
}

// NewEnvironment returns the response to a request, without variables.
func NewEnvironment(r *http.Request) *Environment { return &Environment{isJSON: WantsJSON(r)} }

// From takes into account how old a reading is.
func (e *Environment) From(reading Reading) {
	e.age, e.stale = max(e.age, reading.Age), e.stale || reading.Stale
}

// Add adds a variable. It returns by how many bytes the response has grown.
func (e *Environment) Add(name string, value secret.Value) (added int, err error) {
	before := e.body.Len()
	if e.isJSON {
		err = e.addField(name, value)
	} else {
		e.body.WriteString(dotenv.Line(name, value.Reveal()))
	}
	return e.body.Len() - before, err
}

func (e *Environment) addField(name string, value secret.Value) error {
	text, err := marshal(value.Reveal())
	if err != nil {
		return err
	}
	e.body.WriteByte("{,"[min(e.body.Len(), 1)])
	e.body.WriteString(strconv.Quote(name) + ":") // it has neither quotes nor backslashes
	e.body.Write(text)
	return nil
}

// Write writes the response.
func (e *Environment) Write(w http.ResponseWriter) {
	header := w.Header()
	header["Age"], header["Content-Type"] = age(e.age), textType
	if e.stale {
		header["X-Rotunda-Stale"] = staleTrue
	}
	if e.isJSON {
		header["Content-Type"] = jsonType
		e.body.WriteByte('}')
	}
	header["Content-Length"] = []string{strconv.Itoa(e.body.Len())}
	_, _ = w.Write(e.body.Bytes()) // the caller may be gone, and then nobody is left to report to
}
