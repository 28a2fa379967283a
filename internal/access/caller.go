// Package access holds the words of access control: who calls, and what may be done to a secret.
// Its sub-packages say how a caller signs in (signin) and what it may do (rules).
package access

import "context"

// Caller is who sent a request, as the rules see it.
type Caller struct {
	// Tenant and Object are the token's tid and oid (Entra). They identify the caller.
	Tenant, Object string
	// Application is the client id of the program that asked for the token (appid or azp).
	Application string
	// Roles are its app roles, Scopes its delegated permissions, Groups its groups' object ids.
	Roles, Scopes, Groups []string
	// Principal identifies a caller of another trusted issuer, such as
	// "github:contoso/shop:refs/heads/main".
	Principal string
	// Key is the fingerprint of the function key, if callers sign in by keys.
	Key string

	name string // String's result, if it is known
}

// Named returns c with its name at hand, so that String costs nothing.
func (c Caller) Named() *Caller {
	c.name = c.String()
	return &c
}

// String returns the name by which rules, refusals, the log and the audit know the caller:
// "oid:…", the principal, "key:…", or "anonymous".
func (c *Caller) String() string {
	switch {
	case c == nil:
		return "anonymous"
	case c.name != "":
		return c.name
	case c.Object != "":
		return "oid:" + c.Object
	case c.Principal != "":
		return c.Principal
	case c.Key != "":
		return "key:" + c.Key
	}
	return "anonymous"
}

// CallerFrom returns the caller of a context, or nil.
func CallerFrom(ctx context.Context) *Caller {
	if call := CallFrom(ctx); call != nil {
		return call.Caller
	}
	return nil
}
