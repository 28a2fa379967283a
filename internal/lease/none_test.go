package lease_test

import (
	"errors"
	"strings"
	"testing"

	"rotunda/internal/lease"
	"rotunda/internal/rotation"
)

func TestNoneSaysWhatToSet(t *testing.T) {
	_, _, err := lease.None{Remedy: "Set this."}.Lock(t.Context(), "db")
	fault, ok := errors.AsType[*rotation.Fault](err)
	if !ok || !fault.Permanent || !strings.HasSuffix(fault.Reason, "Set this.") {
		t.Error(err)
	}
}
