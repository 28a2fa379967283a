package panics_test

import (
	"strings"
	"testing"

	"rotunda/internal/panics"
)

func TestErrorShowsTheLineAndNotTheText(t *testing.T) {
	defer func() {
		got := panics.Error(recover()).Error()
		if !strings.HasPrefix(got, "panic: string at ") || !strings.Contains(got, "panics_test.go:") || strings.Contains(got, "canary") {
			t.Error(got)
		}
	}()
	panic("canary")
}
