package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
)

const auditContainer = "rotunda-audit"

// predown removes what azd down can't, or would leave behind.
func (h *hook) predown(ctx context.Context) error {
	if !h.isSet("AZURE_RESOURCE_GROUP") {
		return nil // nothing was made
	}
	exists, err := h.in(ctx, "group", "exists", "--name", h.getenv("AZURE_RESOURCE_GROUP"))
	if err != nil || strings.TrimSpace(string(exists)) != "true" {
		return err // an earlier azd down got this far
	}
	err = h.releaseAudit(ctx)
	if err == nil {
		err = errors.Join(h.removeAuditRole(ctx), h.disconnectVault(ctx))
	}
	if err == nil && !h.isSet("EXISTING_VAULT_NAME") {
		h.sayf("The vault %s stays, soft-deleted, for 90 days: purge protection is on. To use it again, run azd env set RECOVER_VAULT true before azd up.", h.getenv("KEY_VAULT_NAME"))
	}
	if err == nil && h.isSet("CUSTOM_DOMAIN") {
		h.sayf("Remove the DNS records of %s: whoever gets the app's host name after you could serve it.", h.getenv("CUSTOM_DOMAIN"))
	}
	if err == nil { // azd asks its question after this step
		h.sayf("If azd down does not delete the resources now, run azd provision --no-state: the app can't work without what this step removed.")
	}
	return err
}

// releaseAudit removes the policy of the audit, if it is not locked: a container with a policy
// can't be deleted while it holds a blob.
func (h *hook) releaseAudit(ctx context.Context) error {
	if exists, err := h.hasAudit(ctx); err != nil || !exists {
		return err
	}
	container := []string{"--account-name", h.getenv("RECORDS_STORAGE_NAME"), "--resource-group", h.getenv("AZURE_RESOURCE_GROUP"), "--container-name", auditContainer}
	out, err := h.in(ctx, append([]string{"storage", "container", "immutability-policy", "show", "--output", "json"}, container...)...)
	if err != nil {
		return err
	}
	var policy struct {
		Etag, State string
		Days        int `json:"immutabilityPeriodSinceCreationInDays"`
	}
	if err := json.Unmarshal(out, &policy); err != nil {
		return fmt.Errorf("the policy of %s can't be read: %w", auditContainer, err)
	}
	switch {
	case policy.State == "Locked":
		return fmt.Errorf("the policy of the container %s in %s is locked, so the audit can't be deleted: delete the other resources of the group %s by hand, and this account %d days after its last record",
			auditContainer, h.getenv("RECORDS_STORAGE_NAME"), h.getenv("AZURE_RESOURCE_GROUP"), policy.Days)
	case policy.Days == 0:
		return nil
	}
	h.sayf("Removing the unlocked policy of the audit ...")
	_, err = h.in(ctx, append([]string{"storage", "container", "immutability-policy", "delete", "--if-match", policy.Etag}, container...)...)
	return err
}

// hasAudit reports whether there is an audit. With AUDIT=log there is one if an earlier deployment
// made it.
func (h *hook) hasAudit(ctx context.Context) (bool, error) {
	out, err := h.in(ctx, "storage", "container-rm", "exists", "--storage-account", h.getenv("RECORDS_STORAGE_NAME"), "--resource-group", h.getenv("AZURE_RESOURCE_GROUP"),
		"--name", auditContainer, "--query", "exists", "--output", "tsv")
	return strings.TrimSpace(string(out)) == "true", err
}

// removeAuditRole removes the custom role, which would outlive its group. Both may be gone before,
// and az role assignment delete fails if it finds none to delete, except by id.
func (h *hook) removeAuditRole(ctx context.Context) error {
	role := h.getenv("AUDIT_ROLE_ID")
	if role == "" {
		return nil
	}
	group := "/subscriptions/" + h.getenv("AZURE_SUBSCRIPTION_ID") + "/resourceGroups/" + h.getenv("AZURE_RESOURCE_GROUP")
	err := h.unassign(ctx, func(a assignment) bool { return a.role == path.Base(role) })
	if err != nil {
		return err
	}
	_, err = h.in(ctx, "role", "definition", "delete", "--name", path.Base(role), "--scope", group)
	return err
}

// disconnectVault removes what postprovision made at an existing vault.
func (h *hook) disconnectVault(ctx context.Context) error {
	if !h.isSet("EXISTING_VAULT_NAME") {
		return nil
	}
	return errors.Join(h.removeEvents(ctx), h.removeRoles(ctx, nil))
}

// removeEvents removes the app's subscription, and a topic that postprovision made, unless another
// app has a subscription in it: a vault has one topic for all.
func (h *hook) removeEvents(ctx context.Context) error {
	group, topic := h.getenv("EXISTING_VAULT_RESOURCE_GROUP"), cmp.Or(h.getenv("EXISTING_TOPIC_NAME"), "evgst-"+h.getenv("EXISTING_VAULT_NAME"))
	topics, err := h.names(ctx, "eventgrid", "system-topic", "list", "--resource-group", group)
	if err != nil || !slices.ContainsFunc(topics, func(name string) bool { return strings.EqualFold(name, topic) }) {
		return err // an earlier azd down got this far
	}
	of := []string{"--system-topic-name", topic, "--resource-group", group}
	if _, err := h.in(ctx, slices.Concat([]string{"eventgrid", "system-topic", "event-subscription", "delete", "--name", "rotunda-" + h.getenv("HOST_STORAGE_NAME"), "--yes"}, of)...); err != nil || h.isSet("EXISTING_TOPIC_NAME") {
		return err
	}
	left, err := h.names(ctx, slices.Concat([]string{"eventgrid", "system-topic", "event-subscription", "list"}, of)...)
	if err != nil || len(left) > 0 {
		return err
	}
	_, err = h.in(ctx, "eventgrid", "system-topic", "delete", "--name", topic, "--resource-group", group, "--yes")
	return err
}
