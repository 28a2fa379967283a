package ldap

import (
	"strings"

	ldap "github.com/go-ldap/ldap/v3"

	"rotunda/internal/rotation"
)

// A directory knows a login by its distinguished name (RFC 4514). Active Directory knows it also
// by its user principal name, app@corp.example.com, and its down-level name, CORP\app (MS-ADTS,
// 5.1.1.1.1).

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

// canonical returns a name in the one form that all its spellings share.
func canonical(name string) string {
	if dn, err := ldap.ParseDN(name); err == nil && len(dn.RDNs) > 0 {
		return strings.ToLower(dn.String())
	}
	return strings.ToLower(name)
}

// bindName returns the name that logs in: the tag CredentialId, or else the user in the value. The
// value may have a shorter name for its readers, if the tag has the distinguished name.
func bindName(user, credentialID string) (string, error) {
	name := credentialID
	if name == "" {
		name = user
	}
	if !isDN(name) && !isPrincipal(name) && !isDownLevel(name) {
		return "", rotation.Permanentf(`The tag CredentialId, or without it the user name in the secret's value, must be a distinguished name such as uid=app,ou=services,dc=example,dc=com. For Active Directory it may also be app@corp.example.com or CORP\app.`)
	}
	if canonical(user) != canonical(name) && (isDN(user) || !isDN(name)) {
		return "", rotation.Permanentf("The user name in the secret's value is not the one in the tag CredentialId. Correct the tag or remove it.")
	}
	return name, nil
}
