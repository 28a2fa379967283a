package host

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// scheduleField is one of a schedule's six fields: which numbers it takes, and the names of these if they have some.
type scheduleField struct {
	name     string
	min, max int
	names    []string
}

var scheduleFields = [6]scheduleField{
	{name: "seconds", max: 59},
	{name: "minutes", max: 59},
	{name: "hours", max: 23},
	{name: "days", min: 1, max: 31},
	{name: "months", min: 1, max: 12, names: []string{
		"january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december",
	}},
	{name: "weekdays", max: 6, names: []string{"sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"}},
}

// parse reads a list of parts with commas between them.
func (f scheduleField) parse(text string) (values, error) {
	var all values
	for part := range strings.SplitSeq(text, ",") {
		found, err := f.parsePart(part)
		if err != nil {
			return 0, fmt.Errorf("%s %q: %w", f.name, text, err)
		}
		all |= found
	}
	return all, nil
}

// parsePart reads *, a value or a range, each perhaps with a step. A value with a step runs on to the highest one.
func (f scheduleField) parsePart(text string) (values, error) {
	span, stepText, stepped := strings.Cut(text, "/")
	step := 1
	if stepped {
		var err error
		if step, err = strconv.Atoi(stepText); err != nil {
			return 0, fmt.Errorf("%q is no number of steps", stepText)
		}
	}
	low, high, err := f.parseSpan(span, stepped)
	if err != nil {
		return 0, err
	}
	return every(low, high, step), nil
}

func (f scheduleField) parseSpan(text string, stepped bool) (low, high int, err error) {
	if text == "*" {
		return f.min, f.max, nil
	}
	first, last, isRange := strings.Cut(text, "-")
	if low, err = f.parseValue(first); err != nil {
		return 0, 0, err
	}
	switch {
	case isRange:
		high, err = f.parseValue(last)
		return min(low, high), max(low, high), err // NCRONTAB turns a range round that runs down
	case stepped:
		return low, f.max, nil
	default:
		return low, low, nil
	}
}

// every is each step-th number; a step below 1 counts as 1, as in NCRONTAB.
func every(low, high, step int) (found values) {
	for n := low; n <= high; n += max(step, 1) {
		found |= 1 << n
	}
	return found
}

// parseValue reads a number or a name, of which the first letters do.
func (f scheduleField) parseValue(text string) (int, error) {
	if text == "" {
		return 0, errors.New("a value is missing")
	}
	for i, name := range f.names {
		if strings.HasPrefix(name, strings.ToLower(text)) {
			return f.min + i, nil
		}
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < f.min || n > f.max {
		return 0, fmt.Errorf("%q is none of %d to %d", text, f.min, f.max)
	}
	return n, nil
}
