package secret_test

import (
	"testing"

	"rotunda/internal/secret"
)

func TestCallersAreToldApart(t *testing.T) {
	a, b := secret.CallerOf("key-a"), secret.CallerOf("key-b")
	if a == b || a != secret.CallerOf("key-a") || a == 0 || secret.CallerOf("") != 0 {
		t.Error("the same credential must have the same fingerprint, and another one another")
	}
	if secret.CallerFrom(t.Context()) != 0 || secret.CallerFrom(secret.WithCaller(t.Context(), a)) != a {
		t.Error("a context holds the caller that was put into it, or none")
	}
}
