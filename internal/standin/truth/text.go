package truth

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// known are the names that were chosen and the values that were captured, by placeholder without braces: "a" is a name,
// "a.v1" a version id, "a.t1" a time, "p.next" a link.
type known struct {
	authority string
	values    map[string]any // string or json.Number
}

var (
	placeholder = regexp.MustCompile(`\{([a-z](?:\.[a-z]+[0-9]*)?)\}`)
	onlyTime    = regexp.MustCompile(`^\{([a-z]\.[tud][0-9]+)\}$`)
	versionName = regexp.MustCompile(`^[a-z]\.v[0-9]+$`)
	id          = regexp.MustCompile(`\$id\((\{[a-z]\})(?:,(\{[a-z]\.v[0-9]+\}))?\)`)
	recoveryID  = regexp.MustCompile(`\$recoveryId\((\{[a-z]\})\)`)
	repeat      = regexp.MustCompile(`^\$repeat\((.),([0-9]+)\)$`)
)

// value is what a placeholder stands for; a secret's name is chosen here at its first use.
func (k known) value(name string) (any, bool) {
	value, ok := k.values[name]
	if !ok && len(name) == 1 {
		value, ok = name+"-"+strings.ToLower(rand.Text()), true
		k.values[name] = value
	}
	return value, ok
}

// urls writes $id and $recoveryId as URLs, in which placeholders may be left.
func (k known) urls(template string) string {
	template = id.ReplaceAllStringFunc(template, func(found string) string {
		parts := id.FindStringSubmatch(found)
		return strings.TrimSuffix("https://"+k.authority+"/secrets/"+parts[1]+"/"+parts[2], "/")
	})
	return recoveryID.ReplaceAllString(template, "https://"+k.authority+"/deletedsecrets/$1")
}

// text fills in a template of which everything is known.
func (k known) text(template string) (string, error) {
	var missing []string
	text := placeholder.ReplaceAllStringFunc(k.urls(template), func(found string) string {
		value, ok := k.value(strings.Trim(found, "{}"))
		if !ok {
			missing = append(missing, found)
		}
		return fmt.Sprint(value)
	})
	if missing != nil {
		return "", fmt.Errorf("%v has not been captured yet", missing)
	}
	return text, nil
}

// fill fills in a request's body: text in every string, times as numbers.
func (k known) fill(template any) (any, error) {
	switch t := template.(type) {
	case string:
		return k.fillString(t)
	case map[string]any:
		filled := map[string]any{}
		for key, inner := range t {
			value, err := k.fill(inner)
			if err != nil {
				return nil, err
			}
			filled[key] = value
		}
		return filled, nil
	}
	return template, nil
}

func (k known) fillString(template string) (any, error) {
	if parts := onlyTime.FindStringSubmatch(template); parts != nil {
		value, ok := k.value(parts[1])
		if !ok {
			return nil, fmt.Errorf("%s has not been captured yet", template)
		}
		return value, nil
	}
	if parts := repeat.FindStringSubmatch(template); parts != nil {
		n, err := strconv.Atoi(parts[2])
		return strings.Repeat(parts[1], n), err
	}
	return k.text(template)
}

// capture remembers a value, or compares it with the one remembered. Versions of one name must differ.
func (k known) capture(name string, got any) error {
	if value, ok := k.value(name); ok {
		if value != got {
			return fmt.Errorf("%v is not the {%s} of before, %v", got, name, value)
		}
		return nil
	}
	for other, value := range k.values {
		if value == got && versionName.MatchString(name) && versionName.MatchString(other) && other[0] == name[0] {
			return fmt.Errorf("{%s} is the same version as {%s}: %v", name, other, got)
		}
	}
	k.values[name] = got
	return nil
}

// plusDays is a captured time and some days, in seconds.
func (k known) plusDays(name string, days int64) (json.Number, error) {
	value, _ := k.value(name)
	number, _ := value.(json.Number)
	seconds, err := number.Int64()
	if err != nil {
		return "", fmt.Errorf("{%s} is no time that was captured: %w", name, err)
	}
	return json.Number(strconv.FormatInt(seconds+days*24*60*60, 10)), nil
}
