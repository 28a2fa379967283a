package settings_test

import (
	"strings"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"

	"rotunda/internal/settings"
)

func TestVaultAndItsCloud(t *testing.T) {
	for _, row := range []struct {
		name, address, vault, blobs string
		cloud                       cloud.Configuration
	}{
		{"contoso", "", "https://contoso.vault.azure.net", ".blob.core.windows.net", cloud.AzurePublic},
		{"", "https://contoso.vault.azure.net", "https://contoso.vault.azure.net", ".blob.core.windows.net", cloud.AzurePublic},
		{"", "https://Contoso.vault.azure.net/", "https://contoso.vault.azure.net", ".blob.core.windows.net", cloud.AzurePublic},
		{"", "https://contoso.vault.azure.net:443", "https://contoso.vault.azure.net", ".blob.core.windows.net", cloud.AzurePublic},
		{"contoso", "https://contoso.vault.azure.cn", "https://contoso.vault.azure.cn", ".blob.core.chinacloudapi.cn", cloud.AzureChina},
		{"", "https://contoso.vault.usgovcloudapi.net", "https://contoso.vault.usgovcloudapi.net", ".blob.core.usgovcloudapi.net", cloud.AzureGovernment},
	} {
		s, err := load(map[string]string{settings.KeyVaultName: row.name, settings.KeyVaultURL: row.address})
		if v := s.Vault; err != nil || v.URL != row.vault || v.Name != "contoso" || v.BlobSuffix != row.blobs ||
			v.Cloud.ActiveDirectoryAuthorityHost != row.cloud.ActiveDirectoryAuthorityHost {
			t.Errorf("%s %s: %+v, %v", row.name, row.address, v, err)
		}
	}
}

func TestNameAndURLOfDifferentVaults(t *testing.T) {
	_, err := load(map[string]string{settings.KeyVaultName: "contoso", settings.KeyVaultURL: "https://fabrikam.vault.azure.net"})
	if err == nil || !strings.Contains(err.Error(), "different vaults") {
		t.Error(err)
	}
}
