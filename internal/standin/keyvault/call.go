package keyvault

import (
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"rotunda/internal/standin/entra"
)

// call is one request of an authenticated caller.
type call struct {
	request   *http.Request
	operation *operation
	caller    entra.Claims
	query     url.Values
	vault     string
	name      string // empty for an operation on the whole vault
	version   string // empty for the latest
	now       int64  // Unix seconds
	wrong     error  // why the request can't be performed, or nil
}

func newCall(r *http.Request, caller entra.Claims, now time.Time) *call {
	c := &call{request: r, caller: caller, query: r.URL.Query(), vault: vaultOf(r.Host), now: now.Unix()}
	var segments []string
	c.operation, segments, c.wrong = route(r.Method, r.URL.Path)
	for i, segment := range segments {
		switch {
		case c.wrong != nil || c.operation.path[i] != "*":
		case i == 1:
			c.name = segment
		default:
			c.version = segment
		}
	}
	if c.wrong == nil {
		c.wrong = c.check()
	}
	return c
}

func (c *call) check() error {
	if err := checkAPIVersion(c.query.Get("api-version")); err != nil {
		return err
	}
	if !slices.Contains(c.operation.path, "*") {
		return nil
	}
	return checkName(c.name)
}

// vaultOf returns the first label of a host name, or the whole of an IP address.
func vaultOf(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	if net.ParseIP(host) == nil {
		host, _, _ = strings.Cut(host, ".")
	}
	return strings.ToLower(host)
}

// what returns how messages name the requested secret.
func (c *call) what() string {
	if c.version == "" {
		return c.name
	}
	return c.name + "/" + c.version
}

// authority returns the host as it appears in ids: a client that follows a nextLink sends the
// port 443, and ids omit it.
func (c *call) authority() string { return strings.TrimSuffix(c.request.Host, ":443") }

// place returns the place of the secret with this name, which is spelt as in ids.
func (c *call) place(name string) place { return place{c.vault, c.authority(), name} }

func (c *call) id(name, version string) string { return idOf(c.authority(), name, version) }

func idOf(authority, name, version string) string {
	id := "https://" + authority + "/secrets/" + name
	if version == "" {
		return id
	}
	return id + "/" + version
}

func (c *call) recoveryID(name string) string {
	return "https://" + c.authority() + "/deletedsecrets/" + name
}
