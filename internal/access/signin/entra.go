package signin

import (
	"slices"
	"strings"

	"github.com/google/uuid"

	"rotunda/internal/access"
)

// issuer is a value of the claim iss that is accepted, with the keys and the rules for its tokens.
type issuer struct {
	name   string
	keys   *keyring
	caller func(*claims) (*access.Caller, error)
}

// entra turns the claims of one tenant's tokens into a caller.
type entra struct {
	tenant    string
	audiences []string
	resource  string
}

// issuers returns what may sign tokens of a tenant: v1 and v2 tokens have issuers and keys of
// their own. Of the names, the tenant's discovery documents confirm one per version.
func (c cloud) issuers(config Config, tenant string, get *fetcher) ([]*issuer, []*keyring) {
	e := entra{tenant: tenant, audiences: audiences(config), resource: config.Audience}
	v1, v2 := []string{"https://" + c.v1Host + "/" + tenant + "/"}, []string(nil)
	for _, host := range c.loginHosts {
		v2 = append(v2, "https://"+host+"/"+tenant+"/v2.0")
	}
	all := slices.Concat(v1, v2)
	var issuers []*issuer
	var rings []*keyring
	for _, version := range []struct {
		path  string
		names []string
	}{{"", v1}, {"/v2.0", v2}} {
		ring := newKeyring(config.Log, get, source{
			document: config.AuthorityHost + "/" + tenant + version.path + wellKnown,
			names:    version.names, hosts: c.loginHosts, keyIssuers: all, tenant: tenant,
		})
		rings = append(rings, ring)
		for _, name := range version.names {
			issuers = append(issuers, &issuer{name: name, keys: ring, caller: e.caller})
		}
	}
	return issuers, rings
}

// audiences returns what a token for the app has for its audience: the URI that the client asked
// for, as it spelled it, or the client id in a v2 token.
func audiences(config Config) []string {
	all := []string{config.Audience, config.Audience + "/"}
	if config.ClientID != "" {
		all = append(all, config.ClientID)
	}
	return all
}

// caller checks what Entra's tokens have besides a JWT's claims. The claims are described in
// learn.microsoft.com/entra/identity-platform/access-token-claims-reference. Names and mail
// addresses are not read: their owners can change them.
func (e entra) caller(c *claims) (*access.Caller, error) {
	if err := e.checkAudience(c); err != nil {
		return nil, err
	}
	if err := e.checkTenant(c); err != nil {
		return nil, err
	}
	object, err := c.id("oid")
	if err != nil {
		return nil, err
	}
	if object == "" {
		return nil, invalid("the token has no object id (oid): its application has no service principal in the tenant")
	}
	caller := &access.Caller{Tenant: e.tenant, Object: object}
	return caller, e.describe(caller, c)
}

// describe reads what else is known of a caller.
func (e entra) describe(caller *access.Caller, c *claims) (err error) {
	if caller.Application, err = application(c); err != nil {
		return err
	}
	if caller.Roles, err = c.texts("roles"); err != nil {
		return err
	}
	scopes, err := c.text("scp")
	if err != nil {
		return err
	}
	caller.Scopes = strings.Fields(scopes)
	caller.Groups, err = c.texts("groups")
	return err
}

func (e entra) checkAudience(c *claims) error {
	found, err := c.audience()
	switch {
	case err != nil:
		return err
	case slices.Contains(e.audiences, found):
		return nil
	case isForVault(found):
		return refuse("the token is for Key Vault itself, not for "+e.resource,
			"The token is for Key Vault itself. Request one for "+e.resource+" (scope "+e.resource+"/.default).")
	}
	return refuse("the token's audience (aud) is not "+e.resource, saysAudience+" Expected "+e.resource+".")
}

func (e entra) checkTenant(c *claims) error {
	switch tenant, err := c.text("tid"); {
	case err != nil:
		return err
	case tenant == "":
		return refuse("the token has no tenant (tid)", saysIssuer)
	case tenant != e.tenant:
		return refuse("the token's tenant (tid) is not its issuer's", saysIssuer)
	}
	return nil
}

// application returns the client id of the program that asked for the token: appid in v1 tokens,
// azp in v2. An ID token has neither. Its audience may be our client id, but it was issued to
// tell a client who its user is, and not to call us.
func application(c *claims) (string, error) {
	for _, name := range []string{"appid", "azp"} {
		if id, err := c.id(name); err != nil || id != "" {
			return id, err
		}
	}
	return "", invalid("the token has neither appid nor azp: it is not an access token")
}

// id returns a claim that must be a GUID, in lower case, or "" if the token does not have it.
func (c *claims) id(name string) (string, error) {
	text, err := c.text(name)
	if err != nil || text == "" {
		return "", err
	}
	if !isGUID(text) {
		return "", invalid("the token's claim " + name + " is not a GUID")
	}
	return strings.ToLower(text), nil
}

func isGUID(text string) bool {
	const length = 36 // uuid also accepts longer and shorter forms
	return len(text) == length && uuid.Validate(text) == nil
}
