package deploy_test

import (
	"maps"
	"strings"
	"testing"

	"rotunda/internal/deploy/bicep"
	"rotunda/internal/settings"
)

const root = "../.."

// scenarios are choices that people make, as parameters of main.bicep.
var scenarios = map[string]map[string]any{
	"nothing but azd's questions":  {},
	"callers with tokens":          {"signIn": "tokens", "signInAudience": "https://contoso.com/rotunda", "signInClientId": "11111111-2222-4333-8444-555555555555"},
	"a private network":            {"privateNetwork": true, "alertEmail": "ops@contoso.com"},
	"an existing vault":            {"existingVaultName": "contoso"},
	"an existing vault, privately": {"existingVaultName": "contoso", "privateNetwork": true},
	"no durable audit":             {"audit": "log"},
	"only writes in the audit":     {"audit": "writes", "auditDays": 7},
	"an audit that is locked":      {"auditLocked": true},
	"an app that only reads":       {"vaultAccess": "read", "logWorkspaceId": "/w", "alwaysReadyInstances": 1, "instanceMemoryMB": 512},
	"a domain of one's own":        {"customDomain": "rotunda.contoso.com", "alertEmail": "none"},
	"a gateway, and known hosts":   {"publicUrl": "https://rotunda.contoso.com", "rotationProviderHosts": "postgres://db.contoso.com"},
	"a setting of one's own":       {"settings": map[string]any{settings.RotationGrace: "48h"}, "recoverVault": true},
}

func deploy(t *testing.T, params map[string]any) bicep.Deployment {
	t.Helper()
	given := map[string]any{"environmentName": "dev", "location": "westeurope", "alertEmail": ""}
	maps.Copy(given, params)
	d, err := bicep.Deploy(root+"/infra/main.bicep", given)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// made returns the resources of a type that a deployment makes.
func made(d bicep.Deployment, kind string) (all []*bicep.Resource) {
	for _, r := range d.Resources {
		if r.Type == kind && !r.Existing {
			all = append(all, r)
		}
	}
	return all
}

// one returns the only resource of a type.
func one(t *testing.T, d bicep.Deployment, kind string) *bicep.Resource {
	t.Helper()
	all := made(d, kind)
	if len(all) != 1 {
		t.Fatalf("there are %d of %s", len(all), kind)
	}
	return all[0]
}

// at returns what is at a path in the body of a resource.
func at(r *bicep.Resource, path ...string) any {
	var value any = r.Body
	for _, name := range path {
		fields, _ := value.(map[string]any)
		value = fields[name]
	}
	return value
}

func last(name string) string { return name[strings.LastIndex(name, "/")+1:] }
