package ldap

import (
	"slices"

	ldap "github.com/go-ldap/ldap/v3"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/bounded"
)

// directory is what a server says of itself in its root entry (RFC 4512, 5.1).
type directory struct {
	windows         bool // Active Directory, or Samba as one
	openLDAP        bool
	domain          string // the base of Active Directory's accounts
	configuration   string // the base of what all domains of a forest share
	modifyPasswords bool   // it has the password modify operation
}

const (
	capabilityActiveDirectory = "1.2.840.113556.1.4.800"  // MS-ADTS, 3.1.1.3.4.3.1
	extensionModifyPassword   = "1.3.6.1.4.1.4203.1.11.1" // RFC 3062
)

// look reads the root entry. A server that hides it is neither of the two.
func (s *session) look() (directory, error) {
	root, err := s.readEntry("", "(objectClass=*)", ldap.ScopeBaseObject, "objectClass", "supportedCapabilities", "supportedExtension", "defaultNamingContext", "configurationNamingContext")
	if err != nil || root == nil {
		return directory{}, err
	}
	return directory{
		windows:         slices.Contains(root.GetEqualFoldAttributeValues("supportedCapabilities"), capabilityActiveDirectory),
		openLDAP:        slices.Contains(root.GetEqualFoldAttributeValues("objectClass"), "OpenLDAProotDSE"),
		domain:          root.GetEqualFoldAttributeValue("defaultNamingContext"),
		configuration:   root.GetEqualFoldAttributeValue("configurationNamingContext"),
		modifyPasswords: slices.Contains(root.GetEqualFoldAttributeValues("supportedExtension"), extensionModifyPassword),
	}, nil
}

// readEntry returns the one entry that a search finds, or nil if there is none or the login may
// not see it.
func (s *session) readEntry(base, filter string, scope int, attributes ...string) (_ *ldap.Entry, err error) {
	const most, seconds = 2, 10
	defer bounded.Recover(&err)
	found, err := s.conn.Search(ldap.NewSearchRequest(base, scope, ldap.NeverDerefAliases, most, seconds, false, filter, attributes, nil))
	switch {
	case ldap.IsErrorAnyOf(err, ldap.LDAPResultNoSuchObject, ldap.LDAPResultInsufficientAccessRights):
		return nil, nil
	case ldap.IsErrorWithCode(err, ldap.LDAPResultSizeLimitExceeded), err == nil && len(found.Entries) > 1:
		return nil, rotation.Permanentf("The directory at %s has several entries of this name. Set the tag CredentialId to the distinguished name of one.", s.server)
	case err != nil:
		return nil, s.fault(reading, err)
	case len(found.Entries) == 0:
		return nil, nil
	}
	return found.Entries[0], nil
}

// modify changes an entry.
func (s *session) modify(request *ldap.ModifyRequest) (err error) {
	defer bounded.Recover(&err)
	return s.conn.Modify(request)
}

// checkClass makes sure that the directory is of the kind that the login's name and the class ask
// for.
func (t target) checkClass(d directory) error {
	switch {
	case d.windows && !t.inWindows():
		return rotation.Permanentf("The server at %s is Active Directory, where an account has one password. Set the tag CredentialId to the account's user principal name (app@corp.example.com) or its down-level name (CORP\\app), by which Rotunda knows that.", t.server)
	case t.class == rotation.Overlap && !d.openLDAP:
		return rotation.Permanentf("The server at %s does not say that it is OpenLDAP, and class %s is for OpenLDAP only. Set the tag %s to %s.", t.server, rotation.Overlap, rotation.TagClass, rotation.Single)
	case !d.windows && t.inWindows():
		return rotation.Permanentf("The server at %s does not say that it is Active Directory, so the tag CredentialId must be a distinguished name.", t.server)
	case t.class == rotation.Single && !d.windows && !d.modifyPasswords:
		return rotation.Permanentf("The server at %s is not Active Directory and does not offer the operation that changes passwords (RFC 3062), or it hides its root entry. Let the login read the root entry.", t.server)
	}
	return nil
}
