package rotation

import (
	"net/url"
	"strings"
)

// TagAdminFor is a tag of the secret that AdminSecret names: the hosts to which its value may be
// sent, in the form of Hosts. Without it, whoever may set a secret's tags could have any other
// secret sent anywhere.
const TagAdminFor = "AdminFor"

// Hosts is a list of host names, separated by commas; *.example.com stands for all names below
// example.com.
type Hosts string

// Include reports whether host is in the list, whatever its case.
func (h Hosts) Include(host string) bool {
	host = strings.ToLower(host)
	for pattern := range strings.SplitSeq(strings.ToLower(string(h)), ",") {
		pattern = strings.TrimSpace(pattern)
		suffix, wildcard := strings.CutPrefix(pattern, "*")
		if pattern != "" && pattern == host {
			return true
		}
		if wildcard && strings.HasPrefix(suffix, ".") && strings.HasSuffix(host, suffix) {
			return true
		}
	}
	return false
}

// HostOf returns the host of a ProviderAddress, or "" if it has none, as an ARM id.
func HostOf(address string) string {
	parsed, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return parsed.Hostname()
}
