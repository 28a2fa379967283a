package main

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
)

// clouds by the suffix of a vault's host, with that of a storage account's blobs.
var clouds = []struct {
	suffix string
	cloud  cloud.Configuration
	blobs  string
}{
	{".vault.azure.net", cloud.AzurePublic, ".blob.core.windows.net"},
	{".vault.azure.cn", cloud.AzureChina, ".blob.core.chinacloudapi.cn"},
	{".vault.usgovcloudapi.net", cloud.AzureGovernment, ".blob.core.usgovcloudapi.net"},
}

// blobSuffix is that of storage accounts in the vault's cloud.
func (c *config) blobSuffix() string {
	for _, known := range clouds {
		if strings.HasSuffix(c.vaultURL, known.suffix) {
			return known.blobs
		}
	}
	return clouds[0].blobs
}

func (c *config) setVault(name, address string) error {
	switch {
	case name == "" && address == "":
		return fmt.Errorf("%s and %s are both empty: set one, such as %s=contoso", settingVaultName, settingVaultURL, settingVaultName)
	case name != "" && !isVaultName(name):
		return fmt.Errorf("%s is %q: a vault's name is 3 to 24 letters, digits and single hyphens, a letter first; it is no URL (that is %s)",
			settingVaultName, name, settingVaultURL)
	case address == "":
		address = "https://" + name + clouds[0].suffix
	}
	if err := c.setVaultURL(address); err != nil {
		return err
	}
	if name != "" && !strings.EqualFold(c.vaultName(), name) {
		return fmt.Errorf("%s and %s name different vaults: remove one", settingVaultName, settingVaultURL)
	}
	return nil
}

// setVaultURL accepts a vault's address and nothing else: the app's token goes there.
func (c *config) setVaultURL(address string) error {
	const remedy = "it must be a vault's address such as https://contoso.vault.azure.net"
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Scheme != "https" || u.Hostname() == "":
		return fmt.Errorf("%s is no https URL: %s", settingVaultURL, remedy) // not quoted: it may hold a password
	case u.User != nil:
		return fmt.Errorf("%s has user info before its host: %s", settingVaultURL, remedy)
	case strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return fmt.Errorf("%s has a path, query or fragment after its host: %s", settingVaultURL, remedy)
	case u.Port() != "" && u.Port() != "443":
		return fmt.Errorf("%s has the port %s: %s", settingVaultURL, u.Port(), remedy)
	}
	host := strings.ToLower(u.Hostname())
	for _, known := range clouds {
		if name, ok := strings.CutSuffix(host, known.suffix); ok && isVaultName(name) {
			c.vaultURL, c.cloud = "https://"+host, known.cloud
			return nil
		}
	}
	return fmt.Errorf("%s has the host %q, which is no vault's: it must be a name and .vault.azure.net, .vault.azure.cn or .vault.usgovcloudapi.net",
		settingVaultURL, host)
}

// isVaultName knows Key Vault's rule: 3 to 24 letters, digits and hyphens, a letter first, no two
// hyphens together, none at the end. A start is short of time, and so without a regular expression.
func isVaultName(name string) bool {
	const letters, others = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", "0123456789-"
	return len(name) >= 3 && len(name) <= 24 && strings.Trim(name, letters+others) == "" && strings.Contains(letters, name[:1]) &&
		!strings.Contains(name, "--") && !strings.HasSuffix(name, "-")
}

// vaultName is the first label of the vault's host.
func (c *config) vaultName() string {
	name, _, _ := strings.Cut(strings.TrimPrefix(c.vaultURL, "https://"), ".")
	return name
}
