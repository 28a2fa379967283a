package main

import (
	"strings"
	"testing"

	"rotunda/internal/access"
)

// A panic while several decisions are written is the request's error, and not the process's end.
func TestAPanicOfTheAuditIsAnError(t *testing.T) {
	if err := (auditor{}).Write(t.Context(), access.Decision{}, access.Decision{}); err == nil || !strings.Contains(err.Error(), "panic: ") {
		t.Error(err)
	}
}
