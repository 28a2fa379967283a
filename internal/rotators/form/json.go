package form

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"

	"rotunda/internal/jsonfields"
)

// splitJSON splits a JSON object. Its places are those that are not objects or lists themselves.
func splitJSON(text string) (places []place, ok bool) {
	if trimmed := strings.TrimSpace(text); trimmed == "" || trimmed[0] != '{' || !json.Valid([]byte(text)) {
		return nil, false
	}
	for _, one := range jsonfields.Scan(text) {
		p := place{begin: one.Begin, end: one.End, path: one.Path, name: one.Key, group: strconv.Itoa(one.Object), text: one.Text, encode: encodeJSON}
		if !one.IsString {
			p.encode, p.fixed = never, true
		}
		places = append(places, p)
	}
	return places, true
}

func encodeJSON(next string) (string, bool) {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(next) // a string can be
	return strings.TrimSuffix(out.String(), "\n"), true
}
