package keyvault

import (
	"cmp"
	"fmt"
	"net/http"
	"strings"
)

// refusal returns the error response of a fault, or nil.
func (f Fault) refusal(c *call) error {
	switch f.Kind {
	case Throttle: // vcsjones/AzureSignTool#219
		return &refusal{
			status: http.StatusTooManyRequests, code: "Throttled",
			message: "Request was not processed because too many requests were received. Reason: VaultRequestTypeLimitReached",
		}
	case Error:
		text := http.StatusText(f.Status)
		return &refusal{
			status: f.Status, code: cmp.Or(f.Code, strings.ReplaceAll(text, " ", ""), "Unknown"), inner: f.InnerCode,
			message: cmp.Or(f.Message, text+" (a fault that is set in the stand-in)"),
		}
	case RBAC:
		return forbidden("ForbiddenByRbac", byRBAC(c))
	case Policy:
		return forbidden("ForbiddenByPolicy", byPolicy(c))
	case Firewall:
		return forbidden("ForbiddenByFirewall", byFirewall(c))
	}
	return nil
}

func forbidden(inner, message string) error {
	return &refusal{status: http.StatusForbidden, code: "Forbidden", inner: inner, message: message}
}

func (c *call) who() string {
	return fmt.Sprintf("appid=%s;oid=%s;iss=%s", c.caller.AppID, c.caller.ObjectID, c.caller.Issuer)
}

func (c *call) where() string { return c.vault + ";location=" + region }

// byRBAC returns the message pasted in piyushsachdeva/Terraform_AKS#2.
func byRBAC(c *call) string {
	resource := "/subscriptions/00000000-0000-0000-0000-000000000000/resourcegroups/local/providers/microsoft.keyvault/vaults/" + c.vault
	if c.name != "" {
		resource += "/secrets/" + strings.ToLower(c.name)
	}
	return strings.Join([]string{
		"Caller is not authorized to perform action on resource.",
		"If role assignments, deny assignments or role definitions were changed recently, please observe propagation time.",
		"Caller: " + c.who(),
		"Action: 'Microsoft.KeyVault/vaults/secrets/" + c.operation.action + "'",
		"Resource: '" + resource + "'",
		"Assignment: (not found)",
		"DenyAssignmentId: null",
		"DecisionReason: 'DeniedWithNoValidRBAC' ",
		"Vault: " + c.where(),
		"",
	}, "\r\n")
}

func byPolicy(c *call) string {
	return fmt.Sprintf("The user, group or application '%s' does not have secrets %s permission on key vault '%s'. For help"+
		" resolving this issue, please see https://go.microsoft.com/fwlink/?linkid=2125287", c.who(), c.operation.permission, c.where())
}

// byFirewall begins with the sentence in articles/key-vault/general/access-behind-firewall.md.
// The address is one reserved for documentation.
func byFirewall(c *call) string {
	return strings.Join([]string{
		"Client address is not authorized and caller is not a trusted service.",
		"Client address: 203.0.113.7",
		"Caller: " + c.who(),
		"Vault: " + c.where(),
	}, "\r\n")
}
