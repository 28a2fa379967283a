package sqlserver

import (
	"net/url"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"

	"rotunda/internal/lazyregexp"
	"rotunda/internal/rotation"
	"rotunda/internal/rotators/address"
	"rotunda/internal/rotators/tlsconfig"
)

// The types of Azure resources that ProviderAddress may name. The first is what Azure's rotation
// sample has (Azure-Samples/KeyVault-Rotation-SQLPassword-Csharp, SecretRotator.cs).
const (
	serverType   = "Microsoft.Sql/servers"
	databaseType = "Microsoft.Sql/servers/databases"
	managedType  = "Microsoft.Sql/managedInstances"
)

// The domains of Azure SQL in the clouds (Azure/go-autorest autorest/azure/environments.go,
// SQLDatabaseDNSSuffix).
const (
	publicDomain     = ".database.windows.net"
	chinaDomain      = ".database.chinacloudapi.cn"
	governmentDomain = ".database.usgovcloudapi.net"
)

// server is a server, one of its databases or none, and how to connect to it.
type server struct {
	address.Server
	tls  tlsconfig.Options
	dial dialFunc
}

// String returns the address without parameters.
func (s server) String() string {
	return "sqlserver://" + s.HostPort() + "/" + url.PathEscape(s.Database)
}

var addressForm = address.Form{
	Ports: map[string]string{"sqlserver": "1433"}, Database: true, Parameters: []string{"sslmode", "sslrootcert"},
}

// Server implements rotation.Addressed.
func (r Rotator) Server(text string) string {
	named, err := r.parseAddress(text, rotation.Trust{Plaintext: true})
	if err != nil {
		return ""
	}
	return "sqlserver://" + named.HostPort()
}

// parseAddress reads a URL or an ARM id.
func (r Rotator) parseAddress(text string, trust rotation.Trust) (server, error) {
	if strings.HasPrefix(text, "/") {
		return r.parseResource(text, trust)
	}
	if strings.Contains(text, `\`) {
		return server{}, rotation.Permanentf(`The tag ProviderAddress must not name an instance with a backslash. Set it to sqlserver://host:port/database, with the port on which the instance listens.`)
	}
	named, parameters, err := addressForm.Parse(text)
	if err != nil {
		return server{}, err
	}
	// A certificate must be verified, as the login sends the password as it is.
	tls, err := tlsconfig.FromParameters(named.Host, parameters, trust, tlsconfig.Disable, tlsconfig.VerifyCA, tlsconfig.VerifyFull)
	if err != nil {
		return server{}, err
	}
	return server{Server: named, tls: tls}, checkName("database in the tag ProviderAddress", named.Database)
}

var resourceName = lazyregexp.New(`^[a-z0-9][a-z0-9-]*$`)

func (r Rotator) parseResource(id string, trust rotation.Trust) (server, error) {
	kind, parts := rotation.ResourceType(id), strings.Split(id, "/")
	switch {
	case strings.EqualFold(kind, managedType):
		return server{}, rotation.Permanentf("The ARM id of a managed instance does not say its host name. Set the tag ProviderAddress to sqlserver://<name>.<zone>%s/<database>, with the host name that the portal shows.", r.domain())
	case !strings.EqualFold(kind, serverType) && !strings.EqualFold(kind, databaseType):
		return server{}, rotation.Permanentf("The tag ProviderAddress must be the ARM id of a server (%s) or of a database (%s), or have the form sqlserver://host:1433/database.", serverType, databaseType)
	}
	name := strings.ToLower(parts[8])
	if !resourceName().MatchString(name) || len(name) > 63 {
		return server{}, rotation.Permanentf("The name of the server in the tag ProviderAddress must have at most 63 letters, digits and hyphens.")
	}
	found := server{Server: address.Server{Scheme: "sqlserver", Host: name + r.domain(), Port: "1433"}}
	if len(parts) > 10 {
		found.Database = parts[10]
	}
	var err error
	found.tls, err = tlsconfig.New(found.Host, tlsconfig.VerifyFull, "sslrootcert", "", trust)
	if err != nil {
		return server{}, err
	}
	return found, checkName("database in the tag ProviderAddress", found.Database)
}

// domain returns the domain of the cloud's servers.
func (r Rotator) domain() string {
	switch r.Cloud.ActiveDirectoryAuthorityHost {
	case cloud.AzureChina.ActiveDirectoryAuthorityHost:
		return chinaDomain
	case cloud.AzureGovernment.ActiveDirectoryAuthorityHost:
		return governmentDomain
	}
	return publicDomain
}

// azureDomain returns the domain of Azure SQL that a host is in, or "".
func azureDomain(host string) string {
	for _, domain := range []string{publicDomain, chinaDomain, governmentDomain} {
		if strings.HasSuffix(strings.ToLower(host), domain) {
			return domain
		}
	}
	return ""
}
