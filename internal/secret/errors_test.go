package secret_test

import (
	"errors"
	"fmt"
	"testing"

	"rotunda/internal/secret"
)

func TestWhatAnErrorSaysAboutTheSecret(t *testing.T) {
	for name, row := range map[string]struct {
		err           error
		missing, away bool
	}{
		"no error":              {nil, false, false},
		"not found":             {&secret.Refusal{Status: 404}, true, false},
		"not found, wrapped":    {fmt.Errorf("read: %w", &secret.Refusal{Status: 404}), true, false},
		"forbidden":             {&secret.Refusal{Status: 403}, false, false},
		"throttled":             {&secret.Refusal{Status: 429}, false, true},
		"the vault fails":       {&secret.Refusal{Status: 503}, false, true},
		"unreachable":           {secret.Problemf(secret.ErrVaultUnreachable, "No."), false, true},
		"no answer in time":     {secret.Problemf(secret.ErrVaultTimeout, "No."), false, true},
		"another error of ours": {secret.Problemf(secret.ErrBusy, "No."), false, false},
		"any other error":       {errors.New("no"), false, false},
	} {
		if got := secret.IsMissing(row.err); got != row.missing {
			t.Errorf("%s: IsMissing = %v", name, got)
		}
		if got := secret.IsVaultAway(row.err); got != row.away {
			t.Errorf("%s: IsVaultAway = %v", name, got)
		}
	}
}
