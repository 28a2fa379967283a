// Package lazy puts off to the first use what a start is too short of time for.
package lazy

import (
	"regexp"
	"sync"
)

// Regexp compiles the pattern at the first call. It panics there if the pattern is malformed.
func Regexp(pattern string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(pattern) })
}
