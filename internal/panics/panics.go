// Package panics turns panics into errors. On a goroutine that net/http did not start, a panic
// that nobody recovers ends the process.
package panics

import (
	"fmt"
	"runtime/debug"
	"strings"
)

// Error returns an error about what recover returned, with the source line of the panic. Call it
// from the deferred function. The error does not show the panic's own text, because that may quote
// a value.
func Error(cause any) error {
	return fmt.Errorf("panic: %T at %s", cause, origin(string(debug.Stack())))
}

// origin finds the source line of the panic in a stack.
func origin(stack string) string {
	_, after, _ := strings.Cut(stack, "panic(")
	lines := strings.Split(after, "\n")
	if len(lines) < 4 {
		return "unknown"
	}
	return strings.TrimSpace(lines[3])
}
