package signin

import (
	"fmt"
	"log/slog"
	"net/url"
	"slices"
	"strings"
)

// check returns the cloud of the authority and everything that is wrong with the settings, and
// brings them into one form: ids in lower case, addresses without a final slash.
func check(c *Config) (cloud, []error) {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	var errs []error
	problem := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	c.Audience = strings.TrimSuffix(c.Audience, "/")
	switch {
	case c.Audience == "":
		problem("SIGN_IN_AUDIENCE is empty: set it to the app registration's Application ID URI, such as https://contoso.com/rotunda")
	case isForVault(c.Audience):
		problem("SIGN_IN_AUDIENCE is Key Vault's own audience: a token for Key Vault must not be sent to another service; set the app registration's Application ID URI")
	case !isAudience(c.Audience):
		problem("SIGN_IN_AUDIENCE is %q: it must be an https URI such as https://contoso.com/rotunda, in lower case up to its path, without query, fragment, comma or blank", c.Audience)
	}
	if c.ClientID != "" && (!isGUID(c.ClientID) || isForVault(c.ClientID)) {
		problem("SIGN_IN_CLIENT_ID is %q: it must be the app registration's application (client) id, a GUID", c.ClientID)
	}
	c.ClientID = strings.ToLower(c.ClientID)
	c.Tenants = checkTenants(c.Tenants, problem)
	for _, i := range c.Issuers {
		if _, err := httpsURL(i.Issuer); err != nil || i.Audience == "" || i.Principal.kind == "" {
			problem("TRUSTED_ISSUERS: the issuer %q has no https URL, audience or principal", i.Issuer)
		}
	}
	errs = append(errs, checkDistinct(c.Issuers)...)
	from, ok := cloudOf(c)
	if !ok {
		problem("the authority %q is not Entra's in a known cloud", c.AuthorityHost)
	}
	return from, errs
}

func checkTenants(tenants []string, problem func(string, ...any)) (lower []string) {
	if len(tenants) == 0 {
		problem("SIGN_IN_TENANTS is empty: set it to the id of your Entra tenant, a GUID")
	}
	for _, tenant := range tenants {
		id := strings.ToLower(tenant)
		switch {
		case !isGUID(id):
			problem("SIGN_IN_TENANTS has %q: it must be a tenant's id, a GUID; a domain, common and organizations are not accepted", tenant)
		case slices.Contains(lower, id):
			problem("SIGN_IN_TENANTS has %s twice: remove one", tenant)
		}
		lower = append(lower, id)
	}
	return lower
}

// cloudOf finds the cloud by the authority's host.
func cloudOf(c *Config) (cloud, bool) {
	c.AuthorityHost = strings.TrimSuffix(c.AuthorityHost, "/")
	for _, candidate := range clouds {
		for _, host := range candidate.loginHosts {
			if c.AuthorityHost == "https://"+host {
				return candidate, true
			}
		}
	}
	return cloud{}, false
}

// isAudience reports whether all client libraries can read the audience in a challenge: no
// blank, comma, quote or equals sign.
func isAudience(text string) bool {
	const others = ".-_~/:"
	unsafe := strings.IndexFunc(text, func(c rune) bool { return !isLetterOrDigit(c) && !strings.ContainsRune(others, c) })
	u, err := url.Parse(text)
	return unsafe < 0 && err == nil && strings.HasPrefix(text, "https://") && u.Hostname() != "" && u.Host == strings.ToLower(u.Host) &&
		!strings.HasPrefix(u.Host, ".") && !strings.HasSuffix(u.Host, ".")
}

func isLetterOrDigit(c rune) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}

// challenge returns the value of WWW-Authenticate that Key Vault's client libraries understand.
// authorization has one path segment, because Go panics without a path and JavaScript takes the
// whole path for the tenant. A comma and one blank separate the parameters, because Go and
// JavaScript need the blank and Java splits at commas: azure-sdk-for-go
// sdk/security/keyvault/internal/challenge_policy.go, azure-sdk-for-js
// sdk/keyvault/keyvault-common/src/keyVaultAuthenticationPolicy.ts.
func challenge(c Config) string {
	return fmt.Sprintf(`Bearer authorization="%s/%s", resource="%s"`, c.AuthorityHost, c.Tenants[0], c.Audience)
}
