package settings

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
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

// numberOrNone reads a whole number from 1 to 2^30, or 0 if it is empty or 0.
func (r *reader) numberOrNone(name string) int {
	if text := r.getenv(name); text == "" || text == "0" {
		return 0
	}
	return r.number(name, 0)
}

// choice reads one of some words, of which the first is the default.
func (r *reader) choice(name string, words ...string) string {
	text := r.getenv(name)
	if text == "" {
		return words[0]
	}
	if !slices.Contains(words, text) {
		r.problemf("%s is %q: it must be %s; the default is %s", name, text, strings.Join(words, " or "), words[0])
	}
	return text
}

// list reads a list whose entries are separated by commas.
func (r *reader) list(name string) (all []string) {
	for entry := range strings.SplitSeq(r.getenv(name), ",") {
		if entry = strings.TrimSpace(entry); entry != "" {
			all = append(all, entry)
		}
	}
	return all
}

// truth reads true or false.
func (r *reader) truth(name string) bool {
	text := r.getenv(name)
	if text != "" && text != "true" && text != "false" {
		r.problemf("%s is %q: it must be true or false; the default is false", name, text)
	}
	return text == "true"
}
