package keyvault_test

import (
	"testing"

	"rotunda/internal/standin/keyvault"
	"rotunda/internal/standin/truth"
)

// TestAnswersAsRecorded replays all recordings of the real service, each scenario in a vault of
// its own.
func TestAnswersAsRecorded(t *testing.T) {
	for name, faults := range map[string]keyvault.Faults{
		"all at once":           {},
		"one answer later":      {AfterDelete: 1, AfterRecover: 1, AfterPurge: 1},
		"several answers later": {AfterDelete: 4, AfterRecover: 3, AfterPurge: 5},
	} {
		t.Run(name, func(t *testing.T) { replay(t, faults, truth.Options{Poll: 1}) })
	}
	t.Run("with empty pages", func(t *testing.T) {
		replay(t, keyvault.Faults{EmptyPages: 2}, truth.Options{
			Only: func(s truth.Scenario) bool { return s.NeedsEmptyVault() },
		})
	})
	t.Run("from disk", func(t *testing.T) { replayOn(t, true, keyvault.Faults{AfterDelete: 1}, truth.Options{Poll: 1}) })
}

func replay(t *testing.T, faults keyvault.Faults, opts truth.Options) {
	t.Helper()
	replayOn(t, false, faults, opts)
}

func replayOn(t *testing.T, disk bool, faults keyvault.Faults, opts truth.Options) {
	t.Helper()
	truth.Run(t, func(t *testing.T, s truth.Scenario) truth.Target {
		file := ""
		if disk {
			file = t.TempDir() + "/vaults.db"
		}
		vault := start(t, keyvault.Options{RetentionDays: s.Vault.RecoverableDays, DataFile: file})
		vault.setFaults(t, faults)
		return truth.Target{
			BaseURL: contoso, Authority: "contoso.vault.azure.net", Client: vault.client,
			Token: func() (string, error) { return vault.token, nil },
		}
	}, opts)
}
