package ldap

import (
	"encoding/hex"
	"fmt"
	"strings"

	ldap "github.com/go-ldap/ldap/v3"

	"rotunda/internal/rotation"
)

// entry is that of the login. Only its dn is set if the login that changes the password may not
// read it.
type entry struct {
	dn        string
	id        string   // outlasts a change of its name
	passwords []string // as they are stored
	marks     []string
	*ldap.Entry
}

// markAttribute returns the attribute that has marks, beside people's own text. Active Directory
// allows one description for an account, and any number of extensionName (Samba,
// source4/setup/ad-schema).
func (d directory) markAttribute() string {
	if d.windows {
		return "extensionName"
	}
	return "description"
}

// find returns the login's entry.
func (s *session) find(d directory, name string) (entry, error) {
	attributes := []string{d.markAttribute(), "entryUUID", "objectGUID"}
	switch {
	case d.windows:
		attributes = append(attributes, "pwdLastSet", "msDS-UserPasswordExpiryTimeComputed")
	case d.openLDAP:
		attributes = append(attributes, "userPassword")
	}
	found, err := s.readNamed(d, name, attributes)
	switch {
	case err != nil:
		return entry{}, err
	case found == nil && isDN(name):
		return entry{dn: name}, nil
	case found == nil:
		return entry{}, rotation.Permanentf("The directory at %s has no account with the name in the tag CredentialId, or does not show it. Set the tag to the account's distinguished name.", s.server)
	}
	return entry{
		dn: found.DN, id: idOf(found), Entry: found,
		passwords: found.GetEqualFoldAttributeValues("userPassword"), marks: marksOf(found.GetEqualFoldAttributeValues(d.markAttribute())),
	}, nil
}

// readNamed reads an entry by any of its names. Only Active Directory has others than the
// distinguished name.
func (s *session) readNamed(d directory, name string, attributes []string) (*ldap.Entry, error) {
	if isDN(name) {
		return s.readEntry(name, "(objectClass=*)", ldap.ScopeBaseObject, attributes...)
	}
	filter := "(userPrincipalName=%s)"
	if domain, account, downLevel := strings.Cut(name, `\`); downLevel {
		if err := s.checkDomain(d, domain); err != nil {
			return nil, err
		}
		filter, name = "(sAMAccountName=%s)", account
	}
	return s.readEntry(d.domain, fmt.Sprintf(filter, ldap.EscapeFilter(name)), ldap.ScopeWholeSubtree, attributes...)
}

// checkDomain makes sure that a down-level name is one of the server's own domain. A login of
// another domain that this one trusts is accepted too, and its account may have a namesake here.
func (s *session) checkDomain(d directory, domain string) error {
	filter := "(&(objectClass=crossRef)(nCName=" + ldap.EscapeFilter(d.domain) + "))" // MS-ADTS, 6.1.1.2.1.1
	found, err := s.readEntry("CN=Partitions,"+d.configuration, filter, ldap.ScopeSingleLevel, "nETBIOSName", "dnsRoot")
	if err != nil {
		return err
	}
	if found != nil {
		for _, name := range []string{"nETBIOSName", "dnsRoot"} {
			if strings.EqualFold(domain, found.GetEqualFoldAttributeValue(name)) {
				return nil
			}
		}
	}
	return rotation.Permanentf("The domain in the tag CredentialId is not that of the directory at %s, or the directory does not tell its domain's name. Name a server of the account's own domain in the tag ProviderAddress, or set the tag CredentialId to the account's user principal name.", s.server)
}

func idOf(found *ldap.Entry) string {
	if id := found.GetEqualFoldAttributeValue("entryUUID"); id != "" {
		return id
	}
	return hex.EncodeToString(found.GetEqualFoldRawAttributeValue("objectGUID"))
}
