package signin

import (
	"slices"
	"strings"
)

// cloud holds the hosts of Entra and the audiences of Key Vault in one of Azure's clouds.
type cloud struct {
	loginHosts []string // of v2 issuers, discovery documents and keys
	v1Host     string   // of v1 issuers
	vault      string
}

// clouds are Azure's. Hosts: AzureAD/microsoft-authentication-library-for-go
// apps/internal/oauth/ops/authority/known_metadata.go. Hosts of v1 issuers: Azure/aks-engine
// pkg/api/defaults-apiserver.go (sts.windows.net but for China). Which of them a tenant uses is
// said by its discovery documents.
var clouds = []cloud{
	{
		loginHosts: []string{"login.microsoftonline.com", "login.windows.net", "login.microsoft.com"},
		v1Host:     "sts.windows.net",
		vault:      "https://vault.azure.net",
	},
	{
		loginHosts: []string{"login.chinacloudapi.cn", "login.partner.microsoftonline.cn"},
		v1Host:     "sts.chinacloudapi.cn",
		vault:      "https://vault.azure.cn",
	},
	{
		loginHosts: []string{"login.microsoftonline.us", "login.usgovcloudapi.net"},
		v1Host:     "sts.windows.net",
		vault:      "https://vault.usgovcloudapi.net",
	},
}

// vaultClientID is the id of Key Vault's own application, which is the audience of v2 tokens for
// it (learn.microsoft.com, "Verify first-party Microsoft applications in sign-in reports").
const vaultClientID = "cfa8b339-82a2-471a-a3c9-0fc0be7a4093"

// isForVault reports whether an audience is Key Vault's in any cloud.
func isForVault(audience string) bool {
	audience = strings.ToLower(strings.TrimRight(audience, "/"))
	for _, c := range clouds {
		if audience == c.vault {
			return true
		}
	}
	return audience == vaultClientID
}

// isEntra reports whether a host is Entra's in any cloud.
func isEntra(host string) bool {
	for _, c := range clouds {
		if host == c.v1Host || slices.Contains(c.loginHosts, host) {
			return true
		}
	}
	return false
}
