package wire

import (
	"net"
	"net/http"
	"net/url"
	"strings"
)

// address returns the URL at which callers reach a path of this app. All absolute links in
// responses come from here.
func (l Links) address(r *http.Request, path, query string) *url.URL {
	if l.PublicURL != nil {
		return l.publicAddress(path, query)
	}
	host := l.publicHost(r)
	return &url.URL{Scheme: scheme(r, host), Host: host, Path: path, RawQuery: query}
}

// publicAddress returns a URL at PublicURL. If that has a path, it takes the place of the route
// prefix, which is /api: a gateway shows the app there. The path "/" is the gateway's root.
func (l Links) publicAddress(path, query string) *url.URL {
	base := strings.TrimSuffix(l.PublicURL.EscapedPath(), "/")
	if prefix := "/" + l.Prefix; l.PublicURL.Path != "" && len(path) >= len(prefix) && strings.EqualFold(path[:len(prefix)], prefix) {
		path = path[len(prefix):]
	}
	address := &url.URL{Scheme: l.PublicURL.Scheme, Host: l.PublicURL.Host, RawQuery: query}
	address.RawPath = base + (&url.URL{Path: path}).EscapedPath()
	address.Path = decoded(address.RawPath)
	return address
}

// publicHost returns the host by which the caller reached the app. The Functions host replaces
// X-Forwarded-Host by the Host that it received, and sends its own loopback address as Host
// (microsoft/reverse-proxy src/ReverseProxy/Transforms/ForwardedTransformExtensions.cs).
func (l Links) publicHost(r *http.Request) string {
	if host := firstOf(r, "X-Forwarded-Host"); isHost(host) {
		return host
	}
	if l.Hostname != "" && (r.Host == "" || isLoopback(r.Host)) {
		return l.Hostname
	}
	return r.Host
}

// scheme returns what X-Forwarded-Proto names. Without it, an address on this machine or with a
// port of its own is taken for one without TLS: func start, or go run ./local.
func scheme(r *http.Request, host string) string {
	switch proto := strings.ToLower(firstOf(r, "X-Forwarded-Proto")); {
	case proto == "http" || proto == "https":
		return proto
	case isLoopback(host):
		return "http"
	}
	if _, port, err := net.SplitHostPort(host); err == nil && port != "443" {
		return "http"
	}
	return "https"
}

// firstOf returns the first of a header's values, which is the one that is closest to the caller.
func firstOf(r *http.Request, name string) string {
	value, _, _ := strings.Cut(r.Header.Get(name), ",")
	return strings.TrimSpace(value)
}

// isHost reports whether text is a host, optionally with a port, and nothing else.
func isHost(text string) bool {
	u, err := url.Parse("http://" + text)
	return err == nil && text != "" && u.Host == text && u.Hostname() != "" && strings.Trim(text, hostBytes) == ""
}

const hostBytes = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._:[]"

func isLoopback(host string) bool {
	name, _, err := net.SplitHostPort(host)
	if err != nil {
		name = host
	}
	ip := net.ParseIP(strings.Trim(name, "[]"))
	return name == "localhost" || ip != nil && ip.IsLoopback()
}
