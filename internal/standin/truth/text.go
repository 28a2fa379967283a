package truth

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// captures are the chosen names and the captured values, by placeholder without braces: "a" is a
// name, "a.v1" a version id, "a.t1" a time, "p.next" a link.
type captures struct {
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

// value returns the value of a placeholder. A secret's name is chosen here at its first use.
func (c captures) value(name string) (any, bool) {
	value, ok := c.values[name]
	if !ok && len(name) == 1 {
		value, ok = name+"-"+strings.ToLower(rand.Text()), true
		c.values[name] = value
	}
	return value, ok
}

// urls writes $id and $recoveryId as URLs, which may still contain placeholders.
func (c captures) urls(template string) string {
	template = id.ReplaceAllStringFunc(template, func(found string) string {
		parts := id.FindStringSubmatch(found)
		return strings.TrimSuffix("https://"+c.authority+"/secrets/"+parts[1]+"/"+parts[2], "/")
	})
	return recoveryID.ReplaceAllString(template, "https://"+c.authority+"/deletedsecrets/$1")
}

// text fills in a template whose placeholders all have values.
func (c captures) text(template string) (string, error) {
	var missing []string
	text := placeholder.ReplaceAllStringFunc(c.urls(template), func(found string) string {
		value, ok := c.value(strings.Trim(found, "{}"))
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

// fill fills in a request's body: placeholders in every string, times as numbers.
func (c captures) fill(template any) (any, error) {
	switch t := template.(type) {
	case string:
		return c.fillString(t)
	case map[string]any:
		filled := map[string]any{}
		for key, inner := range t {
			value, err := c.fill(inner)
			if err != nil {
				return nil, err
			}
			filled[key] = value
		}
		return filled, nil
	}
	return template, nil
}

func (c captures) fillString(template string) (any, error) {
	if parts := onlyTime.FindStringSubmatch(template); parts != nil {
		value, ok := c.value(parts[1])
		if !ok {
			return nil, fmt.Errorf("%s has not been captured yet", template)
		}
		return value, nil
	}
	if parts := repeat.FindStringSubmatch(template); parts != nil {
		n, err := strconv.Atoi(parts[2])
		return strings.Repeat(parts[1], n), err
	}
	return c.text(template)
}

// capture stores a value, or compares it with the stored one. Versions of one name must differ.
func (c captures) capture(name string, got any) error {
	if value, ok := c.value(name); ok {
		if value != got {
			return fmt.Errorf("%v is not the earlier {%s}, %v", got, name, value)
		}
		return nil
	}
	for other, value := range c.values {
		if value == got && versionName.MatchString(name) && versionName.MatchString(other) && other[0] == name[0] {
			return fmt.Errorf("{%s} is the same version as {%s}: %v", name, other, got)
		}
	}
	c.values[name] = got
	return nil
}

// plusDays returns a captured time plus some days, in seconds.
func (c captures) plusDays(name string, days int64) (json.Number, error) {
	value, _ := c.value(name)
	number, _ := value.(json.Number)
	seconds, err := number.Int64()
	if err != nil {
		return "", fmt.Errorf("{%s} is not a captured time: %w", name, err)
	}
	return json.Number(strconv.FormatInt(seconds+days*24*60*60, 10)), nil
}
