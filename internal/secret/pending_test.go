package secret_test

import (
	"strings"
	"testing"

	"rotunda/internal/secret"
)

func TestPendingNames(t *testing.T) {
	long := strings.Repeat("x", secret.MaxNameLength)
	for _, name := range []string{"db", "DB", strings.Repeat("x", 118), strings.Repeat("x", 119), long} {
		pending := secret.PendingName(name)
		if _, err := secret.ParseName(pending); err != nil || !secret.IsPending(pending) || !secret.IsPending(strings.ToUpper(pending)) {
			t.Errorf("%s has the pending name %s: %v", name, pending, err)
		}
		if secret.IsPending(name) {
			t.Errorf("%s is no pending name", name)
		}
	}
	if secret.PendingName(long) != secret.PendingName(strings.ToUpper(long)) {
		t.Error("the vault ignores case, and so must a hash")
	}
	for _, name := range []string{"rot-", "rot-abc", "rot-" + strings.Repeat("g", 32), "pending"} {
		if secret.IsPending(name) {
			t.Errorf("%s is no pending name", name)
		}
	}
}
