package rotation

import (
	"net/url"
	"strings"
)

// TagAdminFor is on the secret that AdminSecret names: the hosts that its value may be sent to, in the form of Hosts. Without
// it, whoever may set a secret's tags could have any other secret sent anywhere.
const TagAdminFor = "AdminFor"

// Hosts are host names, parted by commas; *.example.com stands for all below it.
type Hosts string

// Include tells whether a host is one of them, in any case.
func (h Hosts) Include(host string) bool {
	for pattern := range strings.SplitSeq(strings.ToLower(string(h)), ",") {
		pattern = strings.TrimSpace(pattern)
		suffix, below := strings.CutPrefix(pattern, "*")
		if pattern != "" && pattern == strings.ToLower(host) || below && strings.HasPrefix(suffix, ".") && strings.HasSuffix(strings.ToLower(host), suffix) {
			return true
		}
	}
	return false
}

// hostOf is the host of ProviderAddress; "" where it has none, as an ARM id.
func hostOf(address string) string {
	parsed, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return parsed.Hostname()
}

// checkHost refuses a provider that the app's settings do not list.
func (e *Engine) checkHost(address string) error {
	if address == "" || e.Policy.Hosts == "" || e.Policy.Hosts.Include(hostOf(address)) {
		return nil
	}
	return Permanentf("The host in the tag %s is not one that this app may log in to. Its setting ROTATION_PROVIDER_HOSTS lists them.", TagProviderAddress)
}

// checkConsent refuses an admin's secret that does not say it may be sent there.
func checkConsent(admin map[string]string, address string) error {
	if host := hostOf(address); host != "" && Hosts(admin[TagAdminFor]).Include(host) {
		return nil
	}
	return Permanentf("The secret that the tag %s names must list the host of %s in its own tag %s, such as %s. That is its owner's consent to be sent there.",
		TagAdminSecret, TagProviderAddress, TagAdminFor, "db.example.com")
}
