package settings

import (
	"fmt"
	"strconv"
	"time"
)

// reader reads settings and collects the problems that it finds.
type reader struct {
	getenv   func(string) string
	problems []error
}

// problemf adds a problem. Its text begins with the setting's name.
func (r *reader) problemf(format string, args ...any) {
	r.problems = append(r.problems, fmt.Errorf(format, args...))
}

// duration reads a duration such as 90s or 5m, from 0 to most.
func (r *reader) duration(name string, normal, most time.Duration) time.Duration {
	text := r.getenv(name)
	if text == "" {
		return normal
	}
	d, err := time.ParseDuration(text) // accepts 0 without a unit
	if err != nil || d < 0 || d > most {
		r.problemf("%s is %q: it must be a duration from 0 to %gh, such as 90s or 5m; the default is %s", name, text, most.Hours(), normal)
		return normal
	}
	return d
}

// number reads a whole number from 1 to 2^30.
func (r *reader) number(name string, normal int) int {
	const most = 1 << 30
	text := r.getenv(name)
	if text == "" {
		return normal
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > most {
		r.problemf("%s is %q: it must be a whole number from 1 to %d; the default is %d", name, text, most, normal)
		return normal
	}
	return n
}

// truth reads true or false.
func (r *reader) truth(name string) bool {
	text := r.getenv(name)
	if text != "" && text != "true" && text != "false" {
		r.problemf("%s is %q: it must be true or false; the default is false", name, text)
	}
	return text == "true"
}
