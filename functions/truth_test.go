package functions_test

import (
	"testing"

	"rotunda/internal/standin/host"
	"rotunda/internal/standin/keyvault"
	"rotunda/internal/standin/truth"
	"rotunda/internal/wiretest"
)

// Recordings of the real Key Vault are replayed through the app, on both generations of the
// Functions host. Scenarios about a missing token are left out, because the app's callers have no
// token.
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
				// The app sends its own: no-store, without Pragma and Expires.
				IgnoreHeaders: []string{"Cache-Control"},
			})
		})
	}
}
