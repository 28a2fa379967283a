package ldap

import (
	"cmp"
	"strings"

	ldap "github.com/go-ldap/ldap/v3"

	"rotunda/internal/rotation"
)

// A directory knows a login by its distinguished name (RFC 4514). Active Directory knows it also
// by its user principal name, app@corp.example.com, and its down-level name, CORP\app (MS-ADTS,
// 5.1.1.1.1). There, Rotunda asks for one of these: the name tells which rules apply before any
// server is called.

func isDN(name string) bool {
	dn, err := ldap.ParseDN(name)
	return err == nil && len(dn.RDNs) > 0
}

func isPrincipal(name string) bool {
	user, domain, found := strings.Cut(name, "@")
	return found && user != "" && domain != "" && !strings.ContainsAny(name, "=,\\/ ")
}

func isDownLevel(name string) bool {
	domain, user, found := strings.Cut(name, `\`)
	return found && user != "" && domain != "" && !strings.ContainsAny(name, "=,@/")
}

// isName reports whether a directory can know a login by this text.
func isName(text string) bool { return isDN(text) || isPrincipal(text) || isDownLevel(text) }

// canonical returns a name in the one form that all its spellings share.
func canonical(name string) string {
	if dn, err := ldap.ParseDN(name); err == nil && len(dn.RDNs) > 0 {
		return strings.ToLower(dn.String())
	}
	return strings.ToLower(name)
}

// bindName returns the name that logs in: the tag CredentialId, or else the user in the value.
// With the tag, the value may have a shorter name for its readers.
func bindName(user, credentialID string) (string, error) {
	name := cmp.Or(credentialID, user)
	if !isName(name) {
		return "", rotation.Permanentf(`The tag CredentialId, or without it the user name in the secret's value, must be a distinguished name such as uid=app,ou=services,dc=example,dc=com. For Active Directory it must be app@corp.example.com or CORP\app.`)
	}
	if isName(user) && canonical(user) != canonical(name) {
		return "", rotation.Permanentf("The user name in the secret's value is not the one in the tag CredentialId. Correct the tag or remove it.")
	}
	return name, nil
}
