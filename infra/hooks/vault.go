package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"strings"
)

// connectVault deploys what the app needs at an existing vault, into the vault's group. azd must
// not do that: azd down deletes each group that its deployment touched (Azure/azure-dev#2916).
func (h *hook) connectVault(ctx context.Context) error {
	vault, group := h.getenv("EXISTING_VAULT_NAME"), h.getenv("EXISTING_VAULT_RESOURCE_GROUP")
	if vault == "" {
		return nil
	}
	h.sayf("Connecting the vault %s ...", vault)
	location, err := h.in(ctx, "keyvault", "show", "--name", vault, "--resource-group", group, "--query", "location", "--output", "tsv")
	if err != nil {
		return err
	}
	return h.deployTo(ctx, group, "rotunda", "infra/existing-vault.bicep",
		"vaultName="+vault,
		"vaultLocation="+strings.TrimSpace(string(location)),
		"principalId="+h.getenv("APP_PRINCIPAL_ID"),
		"appResourceGroup="+h.getenv("AZURE_RESOURCE_GROUP"),
		"hostStorageName="+h.getenv("HOST_STORAGE_NAME"),
		"existingTopicName="+h.getenv("EXISTING_TOPIC_NAME"),
		"existingSecrets="+h.getenv("EXISTING_SECRETS"),
		"vaultAccess="+h.access(),
	)
}

// deployTo deploys a template into a resource group.
func (h *hook) deployTo(ctx context.Context, group, name, template string, parameters ...string) error {
	arguments := []string{"deployment", "group", "create", "--name", name, "--resource-group", group, "--template-file", template, "--output", "none", "--parameters"}
	_, err := h.in(ctx, append(arguments, parameters...)...)
	return err
}

func (h *hook) access() string { return cmp.Or(h.getenv("VAULT_ACCESS"), "rotate") }

// The roles that infra/app/vault-role.bicep assigns.
const (
	officerRole = "b86a8fe4-44ce-4948-aee5-eccb2c155cd7"
	userRole    = "4633458b-17de-408a-b874-0445c86b69e6"
	readerRole  = "21090545-7ca7-4776-b22c-e363652d74d2"
)

// assignment is a role at a scope. Ids of Azure's resources don't depend on case.
type assignment struct{ scope, role string }

// wantedRoles returns the roles at the vault that fit the variables.
func (h *hook) wantedRoles() map[assignment]bool {
	role, vault := officerRole, h.vaultID()
	if h.access() == "read" {
		role = userRole
	}
	if !h.isSet("EXISTING_SECRETS") {
		return map[assignment]bool{{vault, role}: true}
	}
	wanted := map[assignment]bool{{vault, readerRole}: true}
	for name := range strings.SplitSeq(h.getenv("EXISTING_SECRETS"), ",") {
		wanted[assignment{vault + "/secrets/" + strings.ToLower(name), role}] = true
	}
	return wanted
}

// vaultID returns the id of the app's vault, in lower case.
func (h *hook) vaultID() string {
	group := h.getenv("AZURE_RESOURCE_GROUP")
	if h.isSet("EXISTING_VAULT_NAME") {
		group = h.getenv("EXISTING_VAULT_RESOURCE_GROUP")
	}
	return strings.ToLower("/subscriptions/" + h.getenv("AZURE_SUBSCRIPTION_ID") + "/resourceGroups/" + group + "/providers/Microsoft.KeyVault/vaults/" + h.getenv("KEY_VAULT_NAME"))
}

// removeRoles removes the app's roles at the vault that are not wanted, such as those of an
// earlier VAULT_ACCESS: a deployment adds roles, and takes none away. It knows the roles that the
// template assigns, and leaves others.
func (h *hook) removeRoles(ctx context.Context, wanted map[assignment]bool) error {
	return h.unassign(ctx, func(a assignment) bool {
		isOurs := a.role == officerRole || a.role == userRole || a.role == readerRole
		return isOurs && !wanted[a] && strings.HasPrefix(a.scope+"/", h.vaultID()+"/")
	})
}

// unassign removes those of the app's roles that are not needed any more.
func (h *hook) unassign(ctx context.Context, isNeedless func(assignment) bool) error {
	out, err := h.in(ctx, "role", "assignment", "list", "--all", "--fill-principal-name", "false",
		"--query", "[?principalId=='"+h.getenv("APP_PRINCIPAL_ID")+"'].{id:id,role:roleDefinitionId,scope:scope}", "--output", "json")
	if err != nil {
		return err
	}
	var found []struct{ ID, Role, Scope string }
	if err := json.Unmarshal(out, &found); err != nil {
		return fmt.Errorf("the answer of az role assignment list can't be read: %w", err)
	}
	var errs []error
	for _, f := range found {
		if isNeedless(assignment{strings.ToLower(f.Scope), path.Base(f.Role)}) {
			h.sayf("Removing a role that the app does not need any more, at %s ...", f.Scope)
			_, err := h.in(ctx, "role", "assignment", "delete", "--ids", f.ID)
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}
