package host

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// scheduleField is one of a schedule's six fields: the numbers that it accepts, and their names.
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
	{name: "months", min: 1, max: 12, names: strings.Fields("jan feb mar apr may jun jul aug sep oct nov dec")},
	{name: "weekdays", max: 6, names: strings.Fields("sun mon tue wed thu fri sat")},
}

// parse reads a list of parts, separated by commas.
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

// parsePart reads *, a value or a range, each with an optional step. A value with a step extends
// to the highest number.
func (f scheduleField) parsePart(text string) (found values, err error) {
	span, stepText, stepped := strings.Cut(text, "/")
	step := 1
	if stepped {
		if step, err = strconv.Atoi(stepText); err != nil || step < 1 {
			return 0, unsupported("a number of at least 1", "step %q", stepText)
		}
	}
	low, high, err := f.parseSpan(span, stepped)
	if err != nil {
		return 0, err
	}
	for n := low; n <= high; n += step {
		found |= 1 << n
	}
	return found, nil
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
		if high, err = f.parseValue(last); err == nil && high < low {
			err = unsupported("a range from low to high", "%q", text)
		}
		return low, high, err
	case stepped:
		return low, f.max, nil
	default:
		return low, low, nil
	}
}

// parseValue reads a number, or the three letters of a month or weekday.
func (f scheduleField) parseValue(text string) (int, error) {
	if text == "" {
		return 0, errors.New("a value is missing")
	}
	if i := slices.Index(f.names, strings.ToLower(text)); i >= 0 {
		return f.min + i, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < f.min || n > f.max {
		return 0, fmt.Errorf("%q is not a number from %d to %d, nor a name of three letters", text, f.min, f.max)
	}
	return n, nil
}
