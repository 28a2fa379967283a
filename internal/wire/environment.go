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

// In returns the value of the variable from a reading of its secret.
func (v Variable) In(reading Reading) (secret.Value, error) {
	value, err := reading.Value()
	if err == nil && v.Field != "" {
		value, err = v.fieldOf(value.Reveal())
	}
	if err == nil && strings.Contains(value.Reveal(), "\x00") {
		return secret.Value{}, v.unusable("has a zero byte, which no variable can hold")
	}
	return value, err
}

// fieldOf returns the field that the variable holds, from the value of a secret.
func (v Variable) fieldOf(text string) (none secret.Value, err error) {
	if !json.Valid([]byte(text)) {
		return none, v.unusable("is not JSON, so it has no field %q", secret.Clip(v.Field, maxShown))
	}
	fields := jsonfields.Scan(text)
	at, twice := jsonfields.Find(fields, v.Field, func(f jsonfields.Field) (path, text string) { return f.Path, f.Text })
	switch {
	case at < 0 && v.hasWithin(fields):
		return none, v.unusable("has an object or a list as the field %q. Name a field in it", secret.Clip(v.Field, maxShown))
	case at < 0:
		return none, v.unusable("does not have the field %q", secret.Clip(v.Field, maxShown))
	case twice:
		return none, v.unusable("has the field %q twice, with different values", secret.Clip(v.Field, maxShown))
	case !fields[at].IsString && fields[at].Text == "null":
		return none, v.unusable("has null as the field %q. It must be a string, a number, true or false", secret.Clip(v.Field, maxShown))
	case fields[at].IsString && loneSurrogate([]byte(text[fields[at].Begin:fields[at].End])):
		return none, v.unusable("has half a surrogate pair in the field %q, which is not a character", secret.Clip(v.Field, maxShown))
	}
	return secret.NewValue(fields[at].Text), nil
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

// Environment is a response of environment variables. It is written once all of them are known.
type Environment struct {
	names  []string
	values []secret.Value
	age    time.Duration // of the oldest reading
	stale  bool
}

// Add adds a variable, and how old it is.
func (e *Environment) Add(name string, value secret.Value, from Reading) {
	e.names, e.values = append(e.names, name), append(e.values, value)
	e.age, e.stale = max(e.age, from.Age), e.stale || from.Stale
}

// Write responds with lines for a shell or, if the caller prefers JSON, with an object.
func (e *Environment) Write(w http.ResponseWriter, r *http.Request) error {
	body, kind := e.lines(), textType
	if WantsJSON(r) {
		var err error
		if body, err = e.object(); err != nil {
			return err
		}
		kind = jsonType
	}
	header := w.Header()
	header["Age"] = age(e.age)
	if e.stale {
		header["X-Rotunda-Stale"] = staleTrue
	}
	header["Content-Type"], header["Content-Length"] = kind, []string{strconv.Itoa(len(body))}
	_, _ = w.Write(body) // the caller may be gone, and then nobody is left to report to
	return nil
}

func (e *Environment) lines() []byte {
	var body bytes.Buffer
	for i, name := range e.names {
		body.WriteString(dotenv.Line(name, e.values[i].Reveal()))
	}
	return body.Bytes()
}

// object returns the variables as JSON, in the order of the request.
func (e *Environment) object() ([]byte, error) {
	var body bytes.Buffer
	for i, name := range e.names {
		text, err := marshal(e.values[i].Reveal())
		if err != nil {
			return nil, err
		}
		body.WriteByte("{,"[min(i, 1)])
		body.WriteString(strconv.Quote(name) + ":") // it has neither quotes nor backslashes
		body.Write(text)
	}
	body.WriteByte('}')
	return body.Bytes(), nil
}
