package deploy_test

import (
	"testing"

	"rotunda/internal/deploy/bicep"
)

func TestDump(t *testing.T) {
	for _, p := range []map[string]any{{}, {"privateNetwork": true, "alertEmail": "a@b.example", "signIn": "tokens", "audit": "log"}, {"existingVaultName": "contoso", "privateNetwork": true}} {
		p["environmentName"], p["location"] = "dev", "westeurope"
		d, err := bicep.Deploy("../../infra/main.bicep", p)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range d.Resources {
			t.Log(r.Existing, r.Type, r.Version, r.Name, r.Scope)
			if r.Type == "Microsoft.Web/sites/config" {
				t.Log(r.Body)
			}
		}
		t.Log(d.Outputs)
	}
	d, err := bicep.Deploy("../../infra/existing-vault.bicep", map[string]any{"vaultName": "contoso", "vaultLocation": "x", "principalId": "p", "appResourceGroup": "rg-dev", "hostStorageName": "sthost"})
	t.Log(err)
	for _, r := range d.Resources {
		t.Log(r.Existing, r.Type, r.ID, r.Scope)
	}
}
