package functions_test

import (
	"testing"

	"rotunda/internal/standin/host"
	"rotunda/internal/standin/keyvault"
	"rotunda/internal/standin/truth"
	"rotunda/internal/wiretest"
)

// What was recorded of the real Key Vault is replayed through the app, on both generations of the
// Functions host. Only scenarios about a missing token are not: callers have none.
func TestAppAnswersAsTheVaultDoes(t *testing.T) {
	for name, row := range map[string]struct {
		mode   host.Mode
		faults keyvault.Faults
	}{
		"newer host":             {host.Newer, keyvault.Faults{}},
		"older host, unfinished": {host.Older, keyvault.Faults{AfterDelete: 2, AfterRecover: 2, AfterPurge: 2}},
	} {
		t.Run(name, func(t *testing.T) {
			truth.Run(t, func(t *testing.T, s truth.Scenario) truth.Target {
				app := wiretest.Start(t, wiretest.Options{RetentionDays: s.Vault.RecoverableDays, Mode: row.mode})
				if err := app.Azure.Vault().SetFaults(row.faults); err != nil {
					t.Fatal(err)
				}
				return truth.Target{BaseURL: app.URL, Authority: wiretest.Vault + ".vault.azure.net"}
			}, truth.Options{
				Only:      func(s truth.Scenario) bool { return !s.NeedsNoToken() },
				CodesOnly: true,
				// The app's own: it says no-store, and neither Pragma nor Expires.
				IgnoreHeaders: []string{"Cache-Control"},
			})
		})
	}
}
