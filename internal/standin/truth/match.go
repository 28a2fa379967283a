package truth

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// Templates with a meaning of their own.
const (
	absent = "$absent" // the key or header must be absent
	empty  = "$empty"  // an empty body
)

// matchHeaders compares headers by template.
func (p *player) matchHeaders(want map[string]string, got http.Header) error {
	for name, template := range want {
		if slices.ContainsFunc(p.opts.IgnoreHeaders, func(ignored string) bool { return strings.EqualFold(ignored, name) }) {
			continue
		}
		values := got.Values(name)
		if template == absent && len(values) == 0 {
			continue
		}
		if template == absent || len(values) != 1 {
			return fmt.Errorf("header %s is %q, want %s", name, values, template)
		}
		if err := p.matchString(template, values[0]); err != nil {
			return fmt.Errorf("header %s: %w", name, err)
		}
	}
	return nil
}

// matchBody compares a body by template. A nil template matches anything.
func (p *player) matchBody(want any, got answer) error {
	switch {
	case want == nil:
		return nil
	case want == empty && len(got.body) == 0:
		return nil
	case want == empty:
		return fmt.Errorf("the body has %d bytes, want none", len(got.body))
	}
	body, err := got.decode()
	if err != nil {
		return err
	}
	if err := checkTimes("body", body); err != nil {
		return err
	}
	return p.matcher(got).match("body", want, body)
}

func (a answer) decode() (any, error) {
	decoder := json.NewDecoder(bytes.NewReader(a.body))
	decoder.UseNumber()
	var body any
	if err := decoder.Decode(&body); err != nil {
		return nil, fmt.Errorf("the body is not JSON: %w", err)
	}
	return body, nil
}

// checkTimes returns an error if an object was updated before it was created.
func checkTimes(at string, body any) error {
	switch b := body.(type) {
	case []any:
		for i, inner := range b {
			if err := checkTimes(fmt.Sprintf("%s[%d]", at, i), inner); err != nil {
				return err
			}
		}
	case map[string]any:
		created, isCreated := b["created"].(json.Number)
		updated, isUpdated := b["updated"].(json.Number)
		if isCreated && isUpdated {
			return checkOrder(at, created, updated)
		}
		for key, inner := range b {
			if err := checkTimes(at+"."+key, inner); err != nil {
				return err
			}
		}
	}
	return nil
}

func checkOrder(at string, created, updated json.Number) error {
	from, err1 := created.Int64()
	to, err2 := updated.Int64()
	if err := errors.Join(err1, err2); err != nil {
		return fmt.Errorf("%s: a time is not an integer: %w", at, err)
	}
	if to < from {
		return fmt.Errorf("%s: updated at %d, before it was created at %d", at, to, from)
	}
	return nil
}

// matcher compares one response with its template.
type matcher struct {
	*player
	answer answer
}

func (p *player) matcher(got answer) matcher { return matcher{p, got} }

func (m matcher) match(at string, want, got any) error {
	switch w := want.(type) {
	case map[string]any:
		return m.matchObject(at, w, got)
	case []any:
		return m.matchArray(at, w, got)
	case string:
		if err := m.matchTemplate(w, got); err != nil {
			return fmt.Errorf("%s: %w", at, err)
		}
		return nil
	}
	if want != got {
		return fmt.Errorf("%s is %v, want %v", at, got, want)
	}
	return nil
}

func (m matcher) matchObject(at string, want map[string]any, got any) error {
	object, ok := got.(map[string]any)
	if !ok {
		return fmt.Errorf("%s is %v, want an object", at, got)
	}
	for key := range object {
		if _, ok := want[key]; !ok || want[key] == absent {
			return fmt.Errorf("%s.%s is present, want it absent", at, key)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(want)) {
		if want[key] == absent {
			continue
		}
		inner, ok := object[key]
		if !ok {
			return fmt.Errorf("%s.%s is missing", at, key)
		}
		if err := m.match(at+"."+key, m.loosened(at, key, want[key]), inner); err != nil {
			return err
		}
	}
	return nil
}

// loosened returns the template, which matches any error message if only codes are compared.
func (m matcher) loosened(at, key string, want any) any {
	if m.opts.CodesOnly && at == "body.error" && key == "message" {
		return "/./"
	}
	return want
}

func (m matcher) matchArray(at string, want []any, got any) error {
	array, ok := got.([]any)
	if !ok || len(array) != len(want) {
		return fmt.Errorf("%s is %v, want an array of %d", at, got, len(want))
	}
	for i := range want {
		if err := m.match(fmt.Sprintf("%s[%d]", at, i), want[i], array[i]); err != nil {
			return err
		}
	}
	return nil
}
