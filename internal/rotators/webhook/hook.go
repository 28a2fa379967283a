package webhook

import (
	"net/url"
	"path"
	"strings"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/address"
	"rotunda/internal/rotators/tlsconfig"
)

// hook is a hook's address and how to connect to it.
type hook struct {
	address.Server
	path string // as it is sent
	tls  tlsconfig.Options
}

// String returns the hook's address without parameters. It always has the port.
func (h hook) String() string { return h.Scheme + "://" + h.HostPort() + h.path }

var serverForm = address.Form{Ports: map[string]string{"https": "443", "http": "80"}, Parameters: []string{"cafile"}}

// parseHook reads a tag ProviderAddress. Its faults quote nothing of it.
func parseHook(text string, trust rotation.Trust) (hook, error) {
	parsed, err := url.Parse(text)
	if err != nil || parsed.Opaque != "" || parsed.Scheme != "https" && parsed.Scheme != "http" {
		return hook{}, rotation.Permanentf("The tag ProviderAddress must be the hook's address, in the form https://host/path.")
	}
	h := hook{path: parsed.EscapedPath()}
	parsed.Path, parsed.RawPath = "", ""
	server, parameters, err := serverForm.Parse(parsed.String())
	if err != nil {
		return h, err
	}
	if h.Server = server; h.path == "" {
		h.path = "/"
	}
	if !isPath(h.path) {
		return h, rotation.Permanentf("The path in the tag ProviderAddress must have no empty, \".\" or \"..\" segment and no percent-encoding, so that one hook has one address.")
	}
	return h.secured(parameters.Get("cafile"), trust)
}

// isPath reports whether a path has one spelling only. Two secrets with one credential are found
// by its address.
func isPath(p string) bool {
	return !strings.ContainsAny(p, "%;") && path.Clean(p) == p
}

// secured returns the hook with its TLS options. Without TLS only this machine is allowed, and
// only if a setting says so: other services of this machine trust what comes from it, such as the
// handler itself.
func (h hook) secured(roots string, trust rotation.Trust) (_ hook, err error) {
	mode := tlsconfig.VerifyFull
	if h.Scheme == "http" {
		mode = tlsconfig.Disable
	}
	switch {
	case mode == tlsconfig.Disable && !tlsconfig.IsThisMachine(h.Host):
		return h, rotation.Permanentf("The hook in the tag ProviderAddress must have an https:// address. http:// is allowed for a hook on this machine only: localhost or 127.0.0.1.")
	case mode == tlsconfig.Disable && !trust.Plaintext:
		return h, rotation.Permanentf("The hook in the tag ProviderAddress must have an https:// address. For a hook on this machine, as in a local run, http:// is allowed by the app's setting ROTATION_ALLOW_PLAINTEXT.")
	case mode == tlsconfig.Disable && roots != "":
		return h, rotation.Permanentf("The tag ProviderAddress has a cafile but no TLS. For TLS, begin it with https://.")
	}
	h.tls, err = tlsconfig.New(h.Host, mode, "cafile", roots, trust)
	return h, err
}
