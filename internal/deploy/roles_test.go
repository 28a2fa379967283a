package deploy_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/google/go-cmp/cmp"

	"rotunda/internal/audit"
	"rotunda/internal/deploy/bicep"
	"rotunda/internal/lease"
)

// roleNames are Azure's built-in roles by id (MicrosoftDocs/azure-docs
// articles/role-based-access-control/built-in-roles.md).
var roleNames = map[string]string{
	"b86a8fe4-44ce-4948-aee5-eccb2c155cd7": "Key Vault Secrets Officer",
	"4633458b-17de-408a-b874-0445c86b69e6": "Key Vault Secrets User",
	"21090545-7ca7-4776-b22c-e363652d74d2": "Key Vault Reader",
	"b7e6dc6d-f1e8-4753-8033-0f276bb0955b": "Storage Blob Data Owner",
	"ba92f5b4-2d11-453d-a403-e96b0029c9fe": "Storage Blob Data Contributor",
	"974c5e8b-45b9-4653-ba55-5f855dd0fb88": "Storage Queue Data Contributor",
	"c6a89b2d-59bc-44d0-9896-0f6e12d7b80a": "Storage Queue Data Message Sender",
	"0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3": "Storage Table Data Contributor",
	"3913510d-42f4-4e42-8a64-420c390055eb": "Monitoring Metrics Publisher",
}

// assigned returns the roles of a deployment, each as who, role and where.
func assigned(t *testing.T, d bicep.Deployment) (all []string) {
	t.Helper()
	for _, r := range made(d, "Microsoft.Authorization/roleAssignments") {
		role := last(fmt.Sprint(at(r, "properties", "roleDefinitionId")))
		if strings.Contains(fmt.Sprint(at(r, "properties", "roleDefinitionId")), "guid(") {
			role = "Rotunda audit writer"
		} else if role = roleNames[role]; role == "" {
			t.Errorf("%v is not a role that this test knows", r.Body)
		}
		who := "app"
		if strings.Contains(fmt.Sprint(at(r, "properties", "principalId")), "/systemTopics/") {
			who = "topic"
		}
		if at(r, "properties", "principalType") != "ServicePrincipal" {
			t.Errorf("%s has no principalType", r.Name)
		}
		all = append(all, who+": "+role+" on "+strings.ReplaceAll(last(r.Scope), "abcdefghijklm", "*"))
	}
	slices.Sort(all)
	return all
}

var hostRoles = []string{
	"app: Monitoring Metrics Publisher on appi-*",
	"app: Storage Blob Data Contributor on rotunda",
	"app: Storage Blob Data Owner on sthost*",
	"app: Storage Queue Data Contributor on sthost*",
	"app: Storage Table Data Contributor on sthost*",
}

var topicRoles = []string{
	"topic: Storage Blob Data Contributor on rotunda-dead-letters",
	"topic: Storage Queue Data Message Sender on rotunda-vault-events",
}

func TestRolesAreAsNarrowAsTheyGo(t *testing.T) {
	const auditor, officer, reader = "app: Rotunda audit writer on rotunda-audit", "app: Key Vault Secrets Officer on kv-*", "app: Key Vault Secrets User on kv-*"
	for name, row := range map[string]struct {
		d    bicep.Deployment
		want [][]string
	}{
		"a new vault":           {deploy(t, scenarios["nothing but azd's questions"]), [][]string{hostRoles, topicRoles, {auditor, officer}}},
		"reading only":          {deploy(t, scenarios["an app that only reads"]), [][]string{hostRoles, topicRoles, {auditor, reader}}},
		"no durable audit":      {deploy(t, scenarios["no durable audit"]), [][]string{hostRoles, topicRoles, {officer}}},
		"an existing vault":     {deploy(t, scenarios["an existing vault"]), [][]string{hostRoles, {auditor}}},
		"what the hook deploys": {existing(t, nil), [][]string{topicRoles, {"app: Key Vault Secrets Officer on contoso"}}},
		"the hook, for single secrets": {
			existing(t, map[string]any{"existingSecrets": "db,mail"}),
			[][]string{topicRoles, {"app: Key Vault Reader on contoso", "app: Key Vault Secrets Officer on db", "app: Key Vault Secrets Officer on mail"}},
		},
		"the hook, for single secrets to read": {
			existing(t, map[string]any{"existingSecrets": "db", "vaultAccess": "read"}),
			[][]string{topicRoles, {"app: Key Vault Reader on contoso", "app: Key Vault Secrets User on db"}},
		},
		"the hook, for an app that only reads": {existing(t, map[string]any{"vaultAccess": "read"}), [][]string{topicRoles, {"app: Key Vault Secrets User on contoso"}}},
	} {
		want := slices.Concat(row.want...)
		slices.Sort(want)
		if diff := cmp.Diff(want, assigned(t, row.d)); diff != "" {
			t.Errorf("%s (-want +assigned):\n%s", name, diff)
		}
	}
}

func TestTheAuditsRoleCanOnlyAddAndRead(t *testing.T) {
	d := deploy(t, nil)
	role := one(t, d, "Microsoft.Authorization/roleDefinitions")
	const blobs = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/"
	want := []any{map[string]any{"actions": []any{}, "notActions": []any{}, "dataActions": []any{blobs + "add/action", blobs + "read"}, "notDataActions": []any{}}}
	if diff := cmp.Diff(want, at(role, "properties", "permissions")); diff != "" {
		t.Error(diff)
	}
	policy := one(t, d, "Microsoft.Storage/storageAccounts/blobServices/containers/immutabilityPolicies")
	if at(policy, "properties", "allowProtectedAppendWrites") != true || at(policy, "properties", "immutabilityPeriodSinceCreationInDays") != 365 || !strings.Contains(policy.Name, "/rotunda-audit/") {
		t.Errorf("the policy is %s, %v", policy.Name, policy.Body)
	}
}

// A policy that is locked can only be extended: to deploy it again fails.
func TestAPolicyThatIsLockedIsLeftAlone(t *testing.T) {
	d := deploy(t, scenarios["an audit that is locked"])
	if policies := made(d, "Microsoft.Storage/storageAccounts/blobServices/containers/immutabilityPolicies"); len(policies) > 0 {
		t.Errorf("%s is deployed", policies[0].Name)
	}
	if roles := made(d, "Microsoft.Authorization/roleDefinitions"); len(roles) != 1 {
		t.Errorf("the audit's writer has %d roles", len(roles))
	}
}

// The app names the containers of locks and audit itself.
func TestTheContainersAreThoseOfTheApp(t *testing.T) {
	asked := &recorder{}
	client := &http.Client{Transport: asked}
	locks, err := lease.NewBlob(lease.BlobOptions{ServiceURL: "https://strec.blob.core.windows.net", Credential: fixed{}, Transport: client, Vault: "contoso"})
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := locks.Lock(t.Context(), "db"); err == nil {
		t.Error("a lock without an account")
	}
	blobs, err := audit.OpenBlobs(audit.BlobOptions{ServiceURL: "https://strec.blob.core.windows.net", Credential: fixed{}, Transport: client})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := blobs.Create(t.Context(), "a"); err == nil {
		t.Error("an audit without an account")
	}
	var records []string
	for _, r := range made(deploy(t, nil), "Microsoft.Storage/storageAccounts/blobServices/containers") {
		if strings.HasPrefix(r.Name, "strec") {
			records = append(records, last(r.Name))
		}
	}
	slices.Sort(records)
	if diff := cmp.Diff(asked.containers(), records); diff != "" {
		t.Errorf("containers (-app +made):\n%s", diff)
	}
}

// recorder refuses each request, and keeps its path.
type recorder struct{ paths []string }

func (r *recorder) RoundTrip(request *http.Request) (*http.Response, error) {
	r.paths = append(r.paths, request.URL.Path)
	return nil, errors.New("refused")
}

func (r *recorder) containers() (all []string) {
	for _, path := range r.paths {
		all = append(all, strings.Split(path, "/")[1])
	}
	slices.Sort(all)
	return slices.Compact(all)
}

type fixed struct{}

func (fixed) GetToken(context.Context, policy.TokenRequestOptions) (azcore.AccessToken, error) {
	return azcore.AccessToken{Token: "t", ExpiresOn: time.Now().Add(time.Hour)}, nil
}

// A deployment without an audit leaves that of an earlier one, and so does not forget its role:
// azd down has to remove it.
func TestTheAuditsRoleIsKnownWithoutAnAudit(t *testing.T) {
	with, without := deploy(t, nil).Outputs["AUDIT_ROLE_ID"], deploy(t, scenarios["no durable audit"]).Outputs["AUDIT_ROLE_ID"]
	role := one(t, deploy(t, nil), "Microsoft.Authorization/roleDefinitions")
	if id := fmt.Sprint(with); with != without || !strings.HasSuffix(id, "/Microsoft.Authorization/roleDefinitions/"+role.Name) {
		t.Errorf("%v, %v, and the role is %s", with, without, role.Name)
	}
}

func TestNoKeyOpensAnything(t *testing.T) {
	for name, params := range scenarios {
		d := deploy(t, params)
		for _, account := range made(d, "Microsoft.Storage/storageAccounts") {
			if at(account, "properties", "allowSharedKeyAccess") != false || at(account, "properties", "allowBlobPublicAccess") != false || at(account, "properties", "minimumTlsVersion") != "TLS1_2" {
				t.Errorf("%s: %s is %v", name, account.Name, account.Body)
			}
		}
		for _, vault := range made(d, "Microsoft.KeyVault/vaults") {
			if at(vault, "properties", "enableRbacAuthorization") != true || at(vault, "properties", "enablePurgeProtection") != true {
				t.Errorf("%s: the vault is %v", name, vault.Body)
			}
		}
		if at(one(t, d, "Microsoft.Insights/components"), "properties", "DisableLocalAuth") != true {
			t.Errorf("%s: Application Insights accepts keys", name)
		}
		policies := made(d, "Microsoft.Web/sites/basicPublishingCredentialsPolicies")
		if len(policies) != 2 || at(policies[0], "properties", "allow") != false || at(policies[1], "properties", "allow") != false {
			t.Errorf("%s: the site accepts passwords for deployments", name)
		}
	}
}

func TestAPrivateNetworkClosesTheRest(t *testing.T) {
	for name, row := range map[string]struct {
		params    map[string]any
		endpoints []string
	}{
		"a new vault":       {scenarios["a private network"], []string{"pep-host-blob", "pep-host-queue", "pep-host-table", "pep-records-blob", "pep-vault"}},
		"an existing vault": {scenarios["an existing vault, privately"], []string{"pep-host-blob", "pep-host-queue", "pep-host-table", "pep-records-blob"}},
	} {
		d := deploy(t, row.params)
		var endpoints []string
		for _, endpoint := range made(d, "Microsoft.Network/privateEndpoints") {
			endpoints = append(endpoints, endpoint.Name)
		}
		if diff := cmp.Diff(row.endpoints, endpoints); diff != "" {
			t.Errorf("%s: endpoints %s", name, diff)
		}
		for _, r := range slices.Concat(made(d, "Microsoft.Storage/storageAccounts"), made(d, "Microsoft.KeyVault/vaults")) {
			// Event Grid reaches the host's account as a trusted service, for which public access is on.
			access := "Disabled"
			if strings.HasPrefix(r.Name, "sthost") {
				access = "Enabled"
			}
			if at(r, "properties", "publicNetworkAccess") != access || at(r, "properties", "networkAcls", "defaultAction") != "Deny" {
				t.Errorf("%s: %s is open: %v", name, r.Name, r.Body)
			}
		}
		if subnet := fmt.Sprint(at(one(t, d, "Microsoft.Web/sites"), "properties", "virtualNetworkSubnetId")); !strings.HasSuffix(subnet, "/app") {
			t.Errorf("%s: the app is in %s", name, subnet)
		}
		if zones := made(d, "Microsoft.Network/privateDnsZones"); len(zones) != len(row.endpoints)-1 { // both accounts have blobs
			t.Errorf("%s: %d zones", name, len(zones))
		}
	}
}
