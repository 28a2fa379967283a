package main

import (
	"context"
	"errors"
	"strings"
)

// preprovision checks what belongs together, before anything is made.
func (h *hook) preprovision(ctx context.Context) error {
	var problems []error
	if h.getenv("SIGN_IN") == "tokens" && !h.isSet("SIGN_IN_AUDIENCE") {
		problems = append(problems, errors.New("SIGN_IN is tokens, but SIGN_IN_AUDIENCE is not set: register the app in Entra (docs/access-signin.md), and run azd env set SIGN_IN_AUDIENCE with its Application ID URI"))
	}
	if h.isSet("EXISTING_VAULT_NAME") && !h.isSet("EXISTING_VAULT_RESOURCE_GROUP") {
		problems = append(problems, errors.New("EXISTING_VAULT_NAME is set, but EXISTING_VAULT_RESOURCE_GROUP is not: run azd env set EXISTING_VAULT_RESOURCE_GROUP with the group of the vault"))
	}
	if len(problems) > 0 || !h.isTrue("PRIVATE_NETWORK") {
		return errors.Join(problems...)
	}
	// The template has no resource of this provider, so nothing else registers it, and a subnet for
	// Flex Consumption fails without (hashicorp/terraform-provider-azapi#625).
	h.sayf("Registering the resource provider Microsoft.App, which the app's subnet needs ...")
	_, err := h.in(ctx, "provider", "register", "--namespace", "Microsoft.App", "--wait")
	return err
}

// postprovision does what the template can't.
func (h *hook) postprovision(ctx context.Context) error {
	if err := h.connectVault(ctx); err != nil {
		return err
	}
	if h.isTrue("ROLLING_UPDATES") {
		h.sayf("Turning rolling updates on (a preview) ...")
		if _, err := h.in(ctx, "functionapp", "update-strategy", "config", "set", "--type", "RollingUpdate",
			"--name", h.getenv("SERVICE_API_NAME"), "--resource-group", h.getenv("AZURE_RESOURCE_GROUP")); err != nil {
			return err
		}
	}
	h.sayf("The app will be at %s, for the vault %s.", h.getenv("SERVICE_API_URI"), h.getenv("KEY_VAULT_NAME"))
	return nil
}

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
	parameters := []string{
		"vaultName=" + vault,
		"vaultLocation=" + strings.TrimSpace(string(location)),
		"principalId=" + h.getenv("APP_PRINCIPAL_ID"),
		"appResourceGroup=" + h.getenv("AZURE_RESOURCE_GROUP"),
		"hostStorageName=" + h.getenv("HOST_STORAGE_NAME"),
		"existingTopicName=" + h.getenv("EXISTING_TOPIC_NAME"),
	}
	if h.isSet("VAULT_ACCESS") {
		parameters = append(parameters, "vaultAccess="+h.getenv("VAULT_ACCESS"))
	}
	arguments := []string{"deployment", "group", "create", "--name", "rotunda", "--resource-group", group, "--template-file", "infra/existing-vault.bicep", "--output", "none", "--parameters"}
	_, err = h.in(ctx, append(arguments, parameters...)...)
	return err
}
