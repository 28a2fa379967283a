package conformance_test

import (
	"strings"
	"testing"

	"rotunda/internal/standin"
	"rotunda/internal/standin/entra"
	"rotunda/internal/standin/graph"
)

// Microsoft's Graph client for JavaScript manages the client secrets of an application at the
// stand-in, and Microsoft's sign-in library uses them.
func TestGraphClient(t *testing.T) {
	azure := start(t)
	caller := standin.Caller{TenantID: azure.Entra().Tenant(), ClientSecret: entra.NewSecret()}
	made := registerAt(t, azure, entra.Application{Name: "caller", Secrets: []string{caller.ClientSecret}, Roles: map[string][]string{graph.Resource: {"Application.ReadWrite.OwnedBy"}}})
	caller.ClientID, caller.ObjectID = made.ClientID, made.ObjectID
	owned := registerAt(t, azure, entra.Application{Name: "owned", Owners: []string{made.ObjectID}})
	other := registerAt(t, azure, entra.Application{Name: "other"})

	command := program(t, "node", "js", "node_modules/@microsoft/microsoft-graph-client", "graph.mjs")
	command.Env = environment(azure, caller, "APPLICATION="+owned.RegistrationID, "CLIENT="+owned.ClientID, "OTHER="+other.RegistrationID)
	out, err := command.CombinedOutput()
	for _, operation := range []string{"get", "listOwners", "addPassword", "removePassword"} {
		if !strings.Contains(string(out), "PASS "+operation+"\n") {
			t.Errorf("%s did not pass", operation)
		}
	}
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

func registerAt(t *testing.T, azure *standin.Azure, a entra.Application) entra.Application {
	t.Helper()
	made, err := azure.Entra().Register(a)
	if err != nil {
		t.Fatal(err)
	}
	return made
}
