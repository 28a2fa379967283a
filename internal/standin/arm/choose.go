package arm

import (
	"encoding/json"
	"net/http"
	"time"
)

// regenerateBy is the POST that regenerates the key that a field of its body names. The values of
// the field are matched exactly, as the specifications write them.
func regenerateBy(path, right, field string, names map[string]string) action {
	return post(Regenerate, path, right, func(c *call) (answer, error) {
		var body map[string]json.RawMessage
		if err := c.read(&body); err != nil {
			return answer{}, err
		}
		var chosen string
		if err := json.Unmarshal(body[field], &chosen); err != nil || len(body) != 1 {
			return answer{}, badRequest("The body must have the field '%s', and no other.", field)
		}
		name, found := names[chosen]
		if !found {
			return answer{}, badRequest("The value '%s' of '%s' is not valid.", chosen, field)
		}
		return c.regenerate(name)
	})
}

// showing answers a regeneration with what a list of the keys shows.
func showing(show func(r *resource) any) func(r *resource, name string) answer {
	return func(r *resource, _ string) answer { return ok(show(r)) }
}

// pair shows two keys under the names of the specification, which are also the keys' names here.
func pair(first, second string) func(r *resource) any {
	return func(r *resource) any { return map[string]any{first: r.key(first), second: r.key(second)} }
}

// withStrings adds what two connection strings would be.
func withStrings(show func(r *resource) any, connect func(r *resource, key string) string) func(r *resource) any {
	return func(r *resource) any {
		body, _ := show(r).(map[string]any)
		body["primaryConnectionString"] = connect(r, r.key("primaryKey"))
		body["secondaryConnectionString"] = connect(r, r.key("secondaryKey"))
		return body
	}
}

func noContent(*resource, string) answer { return answer{status: http.StatusNoContent} }

func stampTime(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.0000000Z") }

// off is a property with its values when keys are off, and on.
type off struct {
	name    string
	off, on any
}

var (
	disableLocalAuth = &off{"disableLocalAuth", true, false}
	allowSharedKey   = &off{"allowSharedKeyAccess", false, true}
)

func (o *off) value(disabled bool) any {
	if disabled {
		return o.off
	}
	return o.on
}
