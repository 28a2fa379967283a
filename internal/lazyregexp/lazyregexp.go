// Package lazyregexp compiles regular expressions when they are first used, and not at each start
// of the process.
package lazyregexp

import (
	"regexp"
	"sync"
)

// New returns a function that returns the expression, compiled once. Like regexp.MustCompile, that
// function panics if the expression is wrong.
func New(text string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(text) })
}
