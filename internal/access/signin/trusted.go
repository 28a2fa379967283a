package signin

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"rotunda/internal/access"
)

// TrustedIssuer is an issuer besides Entra, such as GitHub Actions or a Kubernetes cluster.
type TrustedIssuer struct {
	Issuer   string // the value of iss, an https URL
	Audience string // the value of aud that its tokens must have
	JWKSURI  string // where its keys are; "" stands for what its discovery document says
	// Principal names its callers, from the claims of their tokens.
	Principal Template
}

// ParseTrustedIssuers reads the setting TRUSTED_ISSUERS, a JSON list. It reports all mistakes.
func ParseTrustedIssuers(text string) ([]TrustedIssuer, error) {
	if strings.TrimSpace(text) == "" {
		return nil, nil
	}
	var list []map[string]string // a struct would take issuer and ISSUER for the same field, and the last one
	if err := json.Unmarshal([]byte(text), &list); err != nil || !haveFields(list) {
		return nil, errors.New(`TRUSTED_ISSUERS is not a JSON list of objects with the fields issuer, audience, principal and, optionally, jwksUri, such as ` +
			`[{"issuer": "https://token.actions.githubusercontent.com", "audience": "https://contoso.com/rotunda", "principal": "github:{repository}:{ref}"}]`)
	}
	if errors.Is(checkNames([]byte(text)), errTwice) {
		return nil, errors.New("TRUSTED_ISSUERS has a field twice in one object: remove one")
	}
	var all []TrustedIssuer
	var errs []error
	for i, entry := range list {
		issuer, problems := newTrusted(entry["issuer"], entry["audience"], entry["principal"], entry["jwksUri"])
		for _, problem := range problems {
			errs = append(errs, fmt.Errorf("TRUSTED_ISSUERS, entry %d: %w", i+1, problem))
		}
		all = append(all, issuer)
	}
	return all, errors.Join(append(errs, checkDistinct(all)...)...)
}

// haveFields reports whether all entries have only the fields that TRUSTED_ISSUERS knows.
func haveFields(list []map[string]string) bool {
	return !slices.ContainsFunc(list, func(entry map[string]string) bool {
		for name := range entry {
			if !slices.Contains([]string{"issuer", "audience", "principal", "jwksUri"}, name) {
				return true
			}
		}
		return false
	})
}

func newTrusted(issuer, audience, principal, jwksURI string) (TrustedIssuer, []error) {
	var errs []error
	u, err := httpsURL(issuer)
	switch {
	case err != nil:
		errs = append(errs, fmt.Errorf("issuer is %q: it must be an https URL, exactly as in the tokens' claim iss", issuer))
	case isEntra(u.Hostname()):
		errs = append(errs, fmt.Errorf("issuer is %q, which is Entra's: list its tenant in SIGN_IN_TENANTS", issuer))
	}
	switch {
	case audience == "" || strings.ContainsAny(audience, " \t\r\n"):
		errs = append(errs, errors.New("audience is empty or has a blank: set the value of aud that the issuer's tokens must have"))
	case isForVault(audience):
		errs = append(errs, errors.New("audience is Key Vault's own: a token for Key Vault must not be sent to another service"))
	}
	if _, err := httpsURL(jwksURI); jwksURI != "" && err != nil {
		errs = append(errs, fmt.Errorf("jwksUri is %q: it must be an https URL, or absent", jwksURI))
	}
	template, err := ParseTemplate(principal)
	if err != nil {
		errs = append(errs, err)
	}
	return TrustedIssuer{Issuer: issuer, Audience: audience, JWKSURI: jwksURI, Principal: template}, errs
}

// httpsURL parses the URL of an issuer or its keys.
func httpsURL(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	if err != nil {
		return nil, errors.New("not a URL")
	}
	if u.Scheme != "https" || u.Hostname() == "" || u.User != nil || u.RawQuery != "" || u.ForceQuery || strings.Contains(text, "#") {
		return nil, errors.New("not an https URL of a host and a path")
	}
	return u, nil
}

// checkDistinct refuses issuers that could name the same caller. Otherwise one of them could
// imitate the other's principals.
func checkDistinct(all []TrustedIssuer) (errs []error) {
	var names, kinds []string
	for _, i := range all {
		if slices.Contains(names, i.Issuer) {
			errs = append(errs, fmt.Errorf("TRUSTED_ISSUERS has the issuer %q twice: remove one", i.Issuer))
		}
		if kind := i.Principal.kind; kind != "" && slices.Contains(kinds, kind) {
			errs = append(errs, fmt.Errorf("TRUSTED_ISSUERS has two principals that begin with %q: begin each with a word of its own, so that no issuer can imitate another's callers", kind+":"))
		}
		names, kinds = append(names, i.Issuer), append(kinds, i.Principal.kind)
	}
	return errs
}

// issuers returns the trusted issuer as what may sign tokens.
func (i TrustedIssuer) issuers(config Config, get *fetcher) ([]*issuer, []*keyring) {
	u, err := httpsURL(i.Issuer)
	if err != nil { // New has refused it
		return nil, nil
	}
	ring := newKeyring(config.Log, get, source{
		document: strings.TrimSuffix(i.Issuer, "/") + wellKnown, jwks: i.JWKSURI,
		names: []string{i.Issuer}, hosts: []string{u.Host},
	})
	return []*issuer{{name: i.Issuer, keys: ring, caller: i.caller}}, []*keyring{ring}
}

func (i TrustedIssuer) caller(c *claims) (*access.Caller, error) {
	audience, err := c.audience()
	if err != nil {
		return nil, err
	}
	if audience != i.Audience {
		return nil, refuse("the token's audience (aud) is not the one that TRUSTED_ISSUERS has for its issuer", saysAudience)
	}
	principal, err := i.Principal.fill(c)
	if err != nil {
		return nil, err
	}
	return &access.Caller{Principal: principal}, nil
}
