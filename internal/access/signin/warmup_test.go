package signin

import (
	"strings"
	"testing"
)

// A panic while keys are fetched at the start is an error, and not the process's end.
func TestAPanicWhileWarmingUpIsAnError(t *testing.T) {
	tokens := Tokens{rings: []*keyring{nil}}
	if err := tokens.WarmUp(t.Context()); err == nil || !strings.Contains(err.Error(), "panic: ") {
		t.Error(err)
	}
}
