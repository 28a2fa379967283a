package settings

import (
	"net/url"
	"slices"
	"strings"
)

// proxies checks the addresses of proxies. net/http reads them itself, and ignores one that it
// can't parse (golang.org/x/net http/httpproxy/proxy.go): the app's token and the secrets would
// pass by the proxy. The problem does not quote an address, which may hold a password.
func (r *reader) proxies() {
	for _, names := range [][]string{{HTTPSProxy, strings.ToLower(HTTPSProxy)}, {HTTPProxy, strings.ToLower(HTTPProxy)}} {
		for i, name := range names {
			if address := r.getenv(name); !isProxy(address) && (i == 0 || address != r.getenv(names[0])) {
				r.problemf("%s must be the address of a proxy, such as http://proxy.example.com:3128; leave it empty to use none", name)
			}
		}
	}
}

// proxySchemes are those that net/http supports (net/http Transport.Proxy).
var proxySchemes = []string{"http", "https", "socks5", "socks5h"}

// isProxy reports whether address is empty, a URL, or a host with or without a port.
func isProxy(address string) bool {
	if address == "" {
		return true
	}
	if !strings.Contains(address, "://") {
		address = "http://" + address
	}
	u, err := url.Parse(address)
	return err == nil && slices.Contains(proxySchemes, u.Scheme) && u.Hostname() != "" && isPort(u)
}
