package deploy_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"rotunda/internal/deploy/bicep"
)

func TestTheRegistrationIsForThisAppOnly(t *testing.T) {
	const uri = "https://contoso.com/rotunda"
	roles := []any{map[string]any{"id": "6f1c2d3e-5a4b-4c3d-9e2f-1a0b9c8d7e6f", "value": "Payments.Reader"}}
	d, err := bicep.Deploy(root+"/infra/registration/main.bicep", map[string]any{"identifierUri": uri, "appRoles": roles})
	if err != nil {
		t.Fatal(err)
	}
	app := one(t, d, "Microsoft.Graph/applications")
	want := map[string]any{
		"uniqueName": "rotunda-abcdefghijklm", "displayName": "rotunda", "signInAudience": "AzureADMyOrg", "identifierUris": []any{uri},
		"api": map[string]any{"requestedAccessTokenVersion": 2}, "appRoles": roles,
	}
	if diff := cmp.Diff(want, app.Body); diff != "" {
		t.Error(diff)
	}
	clientID := "«" + app.ID + ".appId»"
	principal := one(t, d, "Microsoft.Graph/servicePrincipals")
	if diff := cmp.Diff(clientID, principal.Name); diff != "" {
		t.Errorf("the service principal: %s", diff)
	}
	if len(d.Outputs) != 1 || len(d.Resources) != 2 {
		t.Errorf("%v, %d resources", d.Outputs, len(d.Resources))
	}
}

// Few may register applications, so nothing else must need it.
func TestOnlyTheRegistrationNeedsMicrosoftGraph(t *testing.T) {
	for name, d := range map[string]bicep.Deployment{"main.bicep": deploy(t, scenarios["callers with tokens"]), "existing-vault.bicep": existing(t, nil)} {
		for _, r := range d.Resources {
			if len(r.Type) > 15 && r.Type[:15] == "Microsoft.Graph" {
				t.Errorf("%s has %s", name, r.Type)
			}
		}
	}
}
