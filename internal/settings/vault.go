package settings

import (
	"crypto/x509"
	"io"
	"net/url"
	"os"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
)

// Vault says which vault the app calls, and how.
type Vault struct {
	URL            string // https://<name>.<suffix>
	Name           string
	Cloud          cloud.Configuration
	BlobSuffix     string // of the hosts of storage accounts in that cloud
	CAFile         string // of certificate authorities to trust besides the system's; may be ""
	CallsPerSecond int
}

// clouds are known by the suffix of a vault's host.
var clouds = []struct {
	vaultSuffix string
	cloud       cloud.Configuration
	blobSuffix  string
}{
	{".vault.azure.net", cloud.AzurePublic, ".blob.core.windows.net"},
	{".vault.azure.cn", cloud.AzureChina, ".blob.core.chinacloudapi.cn"},
	{".vault.usgovcloudapi.net", cloud.AzureGovernment, ".blob.core.usgovcloudapi.net"},
}

func (r *reader) vault() Vault {
	v := r.whichVault(r.getenv(KeyVaultName), r.getenv(KeyVaultURL))
	v.CAFile = r.caFile()
	v.CallsPerSecond = r.number(KeyVaultCallsPerSecond, 200)
	return v
}

// whichVault reads the name of a vault, its URL, or both if they are about the same vault.
func (r *reader) whichVault(name, address string) (v Vault) {
	if name == "" && address == "" {
		r.problemf("%s and %s are both empty: set one, such as %s=contoso", KeyVaultName, KeyVaultURL, KeyVaultName)
	}
	if name != "" && !IsVaultName(name) {
		r.problemf("%s is %q: it must be a vault's name, with 3 to 24 letters, digits and single hyphens, and a letter first; for a URL, set %s",
			KeyVaultName, name, KeyVaultURL)
		name = ""
	}
	if address == "" && name != "" {
		address = "https://" + name + clouds[0].vaultSuffix
	}
	if address != "" {
		v = r.vaultAt(address)
	}
	if name != "" && v.Name != "" && !strings.EqualFold(v.Name, name) {
		r.problemf("%s and %s name different vaults: remove one", KeyVaultName, KeyVaultURL)
	}
	return v
}

// vaultAt accepts the address of a vault and nothing else, because the app sends its token
// there. Most problems do not quote the address, which may hold a password.
func (r *reader) vaultAt(address string) (v Vault) {
	const remedy = "it must be a vault's address such as https://contoso.vault.azure.net"
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Scheme != "https" || u.Hostname() == "":
		r.problemf("%s is not an https URL: %s", KeyVaultURL, remedy)
		return v
	case u.User != nil:
		r.problemf("%s has user info before its host: %s", KeyVaultURL, remedy)
		return v
	case strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		r.problemf("%s has a path, query or fragment after its host: %s", KeyVaultURL, remedy)
		return v
	case u.Port() != "" && u.Port() != "443":
		r.problemf("%s has the port %s: %s", KeyVaultURL, u.Port(), remedy)
		return v
	}
	host := strings.ToLower(u.Hostname())
	for _, c := range clouds {
		if name, ok := strings.CutSuffix(host, c.vaultSuffix); ok && IsVaultName(name) {
			return Vault{URL: "https://" + host, Name: name, Cloud: c.cloud, BlobSuffix: c.blobSuffix}
		}
	}
	r.problemf("%s has the host %q, which is not a vault's: it must be a vault's name followed by .vault.azure.net, .vault.azure.cn or .vault.usgovcloudapi.net",
		KeyVaultURL, host)
	return v
}

// IsVaultName reports whether name follows Key Vault's rule: 3 to 24 letters, digits and
// hyphens, with a letter first, no two hyphens together, and none at the end. It uses no regular
// expression, because compiling one would lengthen the start.
func IsVaultName(name string) bool {
	const letters, others = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", "0123456789-"
	return len(name) >= 3 && len(name) <= 24 && strings.Trim(name, letters+others) == "" && strings.Contains(letters, name[:1]) &&
		!strings.Contains(name, "--") && !strings.HasSuffix(name, "-")
}

// maxCAFile is many times the size of a system's file of certificates. What is longer, such as a
// device without an end, is not read further.
const maxCAFile = 8 << 20

func readUpTo(file string, most int64) ([]byte, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, most))
}

func (r *reader) caFile() string {
	file := r.getenv(KeyVaultCAFile)
	if file == "" {
		return ""
	}
	const remedy = "name a file of certificates in PEM form, or leave it empty"
	text, err := readUpTo(file, maxCAFile)
	switch {
	case err != nil:
		r.problemf("%s: %w: %s", KeyVaultCAFile, err, remedy)
	case !x509.NewCertPool().AppendCertsFromPEM(text):
		r.problemf("%s: %s holds no certificate: %s", KeyVaultCAFile, file, remedy)
	}
	return file
}
