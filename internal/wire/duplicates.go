package wire

import (
	"bytes"
	"encoding/json"
	"strings"

	"rotunda/internal/secret"
)

// checkDuplicates rejects an object that has a field twice. Of such a pair encoding/json keeps the
// last, or merges both, and neither may be what the caller meant. Fields match whatever their
// case, but the names of tags do not. body has been parsed before.
func checkDuplicates(body []byte) error {
	return duplicateIn(json.NewDecoder(bytes.NewReader(body)), "")
}

func duplicateIn(decoder *json.Decoder, path string) error {
	token, err := decoder.Token()
	if _, opens := token.(json.Delim); err != nil || !opens {
		return err
	}
	isObject, seen := token == json.Delim('{'), map[string]bool{}
	for decoder.More() {
		inside := path
		if isObject {
			token, _ := decoder.Token() // an error occurs again below
			name, _ := token.(string)
			inside = strings.TrimPrefix(path+"."+name, ".")
			if !strings.EqualFold(path, "tags") {
				name = strings.ToLower(name)
			}
			if seen[name] {
				return badBody("it has %s twice", secret.Clip(inside, maxQuoted))
			}
			seen[name] = true
		}
		if err := duplicateIn(decoder, inside); err != nil {
			return err
		}
	}
	_, err = decoder.Token() // the end of the object or array
	return err
}
