package functions_test

import (
	"testing"

	"rotunda/internal/standin/keyvault"
	"rotunda/internal/standin/truth"
	"rotunda/internal/wiretest"
)

// Recordings of the real Key Vault are replayed through the app, with a vault that completes
// operations at once and with one that takes its time. Scenarios about a missing token are left
// out, because the app's callers have no token.
func TestAppAnswersAsTheVaultDoes(t *testing.T) {
	for name, faults := range map[string]keyvault.Faults{
		"finished":   {},
		"unfinished": {AfterDelete: 2, AfterRecover: 2, AfterPurge: 2},
	} {
		t.Run(name, func(t *testing.T) {
			truth.Run(t, func(t *testing.T, s truth.Scenario) truth.Target {
				app := wiretest.Start(t, wiretest.Options{RetentionDays: s.Vault.RecoverableDays})
				if err := app.Azure.Vault().SetFaults(faults); err != nil {
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
