package main

import (
	"context"
	"errors"
	"fmt"
	"regexp"
)

// preprovision checks what belongs together, before anything is made.
func (h *hook) preprovision(ctx context.Context) error {
	if err := errors.Join(h.checkSwitches(), h.checkNumbers(), h.checkSignIn(), h.checkVault(), h.checkDomain(), h.checkTarget()); err != nil {
		return err
	}
	if err := h.registerForAzd(ctx); err != nil || !h.isTrue("PRIVATE_NETWORK") {
		return err
	}
	// The template has no resource of this provider, so nothing else registers it, and a subnet for
	// Flex Consumption fails without (hashicorp/terraform-provider-azapi#625).
	h.sayf("Registering the resource provider Microsoft.App, which the app's subnet needs ...")
	_, err := h.in(ctx, "provider", "register", "--namespace", "Microsoft.App", "--wait")
	return err
}

// checkSwitches and checkNumbers refuse what azd would not pass on: in place of a text that is no
// Boolean or no number it takes the default, and says nothing (Azure/azure-dev,
// cli/azd/pkg/infra/provisioning/bicep/bicep_provider.go, armParameterFileValue).
func (h *hook) checkSwitches() (err error) {
	for _, name := range []string{"AUDIT_LOCKED", "PRIVATE_NETWORK", "RECOVER_VAULT", "ROLLING_UPDATES"} {
		if value := h.getenv(name); value != "" && value != "true" && value != "false" {
			err = errors.Join(err, fmt.Errorf("%s is %q: it must be true or false", name, value))
		}
	}
	return err
}

func (h *hook) checkNumbers() (err error) {
	for _, name := range []string{"AUDIT_DAYS", "INSTANCE_MEMORY_MB", "MAXIMUM_INSTANCE_COUNT", "ALWAYS_READY_INSTANCES"} {
		if value := h.getenv(name); value != "" && !digits.MatchString(value) {
			err = errors.Join(err, fmt.Errorf("%s is %q: it must be a whole number", name, value))
		}
	}
	return err
}

var digits = regexp.MustCompile(`^[0-9]{1,9}$`)

// checkTarget checks what azd provision asks for only after this step, unlike azd up. Without a
// subscription the Azure CLI would use its default one.
func (h *hook) checkTarget() error {
	registration := h.getenv("REGISTRATION")
	registers := registration == "bicep" || registration == "script"
	switch {
	case (registers || h.isTrue("PRIVATE_NETWORK")) && !h.isSet("AZURE_SUBSCRIPTION_ID"):
		return errors.New("AZURE_SUBSCRIPTION_ID is not set: run azd up, which asks for it, or azd env set AZURE_SUBSCRIPTION_ID with the id of the subscription")
	case registration == "bicep" && !h.isSet("AZURE_LOCATION"):
		return errors.New("AZURE_LOCATION is not set: run azd up, which asks for it, or azd env set AZURE_LOCATION with the region")
	}
	return nil
}

func (h *hook) checkSignIn() error {
	switch registration := h.getenv("REGISTRATION"); {
	case h.getenv("SIGN_IN") == "tokens" && !h.isSet("SIGN_IN_AUDIENCE"):
		return errors.New("SIGN_IN is tokens, but SIGN_IN_AUDIENCE is not set: run azd env set SIGN_IN_AUDIENCE with the Application ID URI of the app registration (docs/access-signin.md)")
	case registration == "" || registration == "none":
		return nil
	case registration != "bicep" && registration != "script":
		return fmt.Errorf("REGISTRATION is %q: it must be bicep, script or none", registration)
	case h.getenv("SIGN_IN") != "tokens":
		return fmt.Errorf("REGISTRATION is %s, but SIGN_IN is not tokens: run azd env set SIGN_IN tokens, or azd env set REGISTRATION none", registration)
	}
	return nil
}

func (h *hook) checkVault() error {
	if h.isSet("EXISTING_VAULT_NAME") && !h.isSet("EXISTING_VAULT_RESOURCE_GROUP") {
		return errors.New("EXISTING_VAULT_NAME is set, but EXISTING_VAULT_RESOURCE_GROUP is not: run azd env set EXISTING_VAULT_RESOURCE_GROUP with the group of the vault")
	}
	if !h.isSet("EXISTING_SECRETS") {
		return nil
	}
	if !h.isSet("EXISTING_VAULT_NAME") {
		return errors.New("EXISTING_SECRETS is set, but EXISTING_VAULT_NAME is not: a role for single secrets needs secrets that exist")
	}
	if list := h.getenv("EXISTING_SECRETS"); !secretNames.MatchString(list) {
		return fmt.Errorf("EXISTING_SECRETS is %q: it must be names of secrets, separated by commas without spaces", list)
	}
	return nil
}

var secretNames = regexp.MustCompile(`^[0-9A-Za-z-]{1,127}(,[0-9A-Za-z-]{1,127})*$`)

// postprovision does what the template can't.
func (h *hook) postprovision(ctx context.Context) error {
	if err := h.connectVault(ctx); err != nil {
		return err
	}
	if err := h.removeRoles(ctx, h.wantedRoles()); err != nil {
		return err
	}
	if h.isTrue("ROLLING_UPDATES") {
		h.sayf("Turning rolling updates on (a preview) ...")
		if _, err := h.in(ctx, "functionapp", "update-strategy", "config", "set", "--type", "RollingUpdate",
			"--name", h.getenv("SERVICE_API_NAME"), "--resource-group", h.getenv("AZURE_RESOURCE_GROUP")); err != nil {
			return err
		}
	}
	if err := h.connectDomain(ctx); err != nil {
		return err
	}
	h.sayf("The app will be at %s, for the vault %s.", h.getenv("SERVICE_API_URI"), h.getenv("KEY_VAULT_NAME"))
	return nil
}
