package rotation

import (
	"cmp"
	"net/url"
	"strings"
)

// TagAdminFor is a tag of the secret that AdminSecret names: the servers to which its value may be
// sent, in the form of Hosts. Without it, whoever may set a secret's tags could have any other
// secret sent anywhere.
const TagAdminFor = "AdminFor"

// Hosts is a list of servers, separated by commas, as scheme://host or scheme://host:port. Without
// a port it is the scheme's own. *.example.com stands for all hosts below example.com. An entry
// without a scheme includes no server: what listens on another port of a host, or speaks another
// protocol, may be somebody else's.
type Hosts string

// Include reports whether the server of a ProviderAddress is in the list.
func (h Hosts) Include(address string) bool {
	asked, ok := endpointOf(address)
	if !ok || strings.Contains(asked.host, "*") {
		return false
	}
	for entry := range strings.SplitSeq(string(h), ",") {
		if listed, ok := endpointOf(strings.TrimSpace(entry)); ok && listed.includes(asked) {
			return true
		}
	}
	return false
}

// endpoint is what a connection is made to, and how.
type endpoint struct{ scheme, host, port string }

// aliases are schemes that mean the same as another.
var aliases = map[string]string{"postgresql": "postgres", "mariadb": "mysql"}

// ownPorts are the ports of schemes. An address of another scheme must have a port if the list has
// one.
var ownPorts = map[string]string{
	"postgres": "5432", "mysql": "3306", "sqlserver": "1433", "redis": "6379", "rediss": "6380", "https": "443", "http": "80",
	"ldap": "389", "ldaps": "636", "ssh": "22", "rabbitmq": "15671", "mongodb": "27017",
}

// endpointOf reads an address, such as a tag ProviderAddress. An ARM id is none.
func endpointOf(address string) (endpoint, bool) {
	parsed, err := url.Parse(address)
	if err != nil || parsed.Scheme == "" || parsed.Hostname() == "" {
		return endpoint{}, false
	}
	scheme := cmp.Or(aliases[parsed.Scheme], parsed.Scheme)
	return endpoint{scheme, strings.ToLower(parsed.Hostname()), cmp.Or(parsed.Port(), ownPorts[scheme])}, true
}

// includes reports whether an entry of a list stands for a server.
func (e endpoint) includes(asked endpoint) bool {
	suffix, wildcard := strings.CutPrefix(e.host, "*")
	below := wildcard && strings.HasPrefix(suffix, ".") && strings.HasSuffix(asked.host, suffix) && asked.host != suffix
	return e.scheme == asked.scheme && e.port == asked.port && (below || e.host == asked.host)
}
