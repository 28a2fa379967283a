package main

import (
	"errors"
	"fmt"
	"strings"
)

// each splits an error into the errors that were joined into it, at every level. An error that
// wraps joined ones adds its text to each of them.
func each(err error) []error {
	if err == nil {
		return nil
	}
	if parts := joined(err); parts != nil {
		var all []error
		for _, part := range parts {
			all = append(all, each(part)...)
		}
		return all
	}
	inner := errors.Unwrap(err)
	parts := each(inner)
	if len(parts) < 2 {
		return []error{err}
	}
	before, after, found := strings.Cut(err.Error(), inner.Error())
	if !found {
		return []error{err}
	}
	for i, part := range parts {
		parts[i] = fmt.Errorf("%s%w%s", before, part, after)
	}
	return parts
}

// joined returns the parts of an error that only lists them, one a line, as errors.Join does. It
// returns nil for any other error, also for one that wraps several.
func joined(err error) []error {
	list, ok := err.(interface{ Unwrap() []error }) // not errors.As: one level at a time
	if !ok {
		return nil
	}
	var parts []error
	var lines []string
	for _, part := range list.Unwrap() {
		if part != nil {
			parts, lines = append(parts, part), append(lines, part.Error())
		}
	}
	if err.Error() != strings.Join(lines, "\n") {
		return nil
	}
	return parts
}
