package ldap

import (
	"encoding/binary"
	"strings"
	"unicode/utf16"

	ldap "github.com/go-ldap/ldap/v3"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/bounded"
	"rotunda/internal/secret"
)

// replace sets the login's only password.
func (t target) replace(s *session, d directory, e entry, next secret.Value) error {
	var err error
	if d.windows {
		err = s.modify(t.windowsRequest(e, next))
	} else {
		err = s.modifyPassword(t.passwordRequest(e, next))
	}
	switch {
	case err == nil:
		return nil
	case d.windows:
		return t.refusedByWindows(s, err)
	case ldap.IsErrorAnyOf(err, ldap.LDAPResultConstraintViolation):
		return t.refusedByPolicy(wordsOf(err))
	}
	return s.fault(changing, err)
}

// windowsRequest replaces unicodePwd as an administrator, which resets a password, or as the user,
// which changes it by removing the old one (MS-ADTS, 3.1.1.3.1.5.1).
func (t target) windowsRequest(e entry, next secret.Value) *ldap.ModifyRequest {
	const unicodePwd = "unicodePwd"
	request := ldap.NewModifyRequest(e.dn, nil)
	if t.admin != nil {
		request.Replace(unicodePwd, []string{unicodePassword(next)})
		return request
	}
	request.Delete(unicodePwd, []string{unicodePassword(t.current.Password)})
	request.Add(unicodePwd, []string{unicodePassword(next)})
	return request
}

// unicodePassword returns a password in quotes, in UTF-16 with the low byte first.
func unicodePassword(password secret.Value) string {
	var encoded []byte
	for _, unit := range utf16.Encode([]rune(`"` + password.Reveal() + `"`)) {
		encoded = binary.LittleEndian.AppendUint16(encoded, unit)
	}
	return string(encoded)
}

// refusedByWindows reads the Windows error with which Active Directory begins its words (MS-ERREF,
// 2.2): 52D is ERROR_PASSWORD_RESTRICTION and 56 ERROR_INVALID_PASSWORD.
func (t target) refusedByWindows(s *session, err error) error {
	switch code, _, _ := strings.Cut(wordsOf(err), ":"); code {
	case "0000052D":
		policy := "Active Directory refuses the password for its length, its characters or its history."
		if t.admin == nil {
			policy += " An account that changes its own may also be too early: by default it may once a day (Minimum password age)."
		}
		return rotation.RefusedByPolicy(policy)
	case "00000056":
		return rotation.Temporaryf("The directory at %s does not accept the current password for a change, although it logged in. Somebody may have changed it at the same time.", t.server)
	}
	return s.fault(changing, err)
}

// passwordRequest names the old password too, unless an administrator makes it (RFC 3062).
func (t target) passwordRequest(e entry, next secret.Value) *ldap.PasswordModifyRequest {
	old := ""
	if t.admin == nil {
		old = t.current.Password.Reveal()
	}
	return ldap.NewPasswordModifyRequest(e.dn, old, next.Reveal())
}

func (s *session) modifyPassword(request *ldap.PasswordModifyRequest) (err error) {
	defer bounded.Recover(&err)
	_, err = s.conn.PasswordModify(request)
	return err
}

// refusedByPolicy knows OpenLDAP's words (servers/slapd/overlays/ppolicy.c).
func (t target) refusedByPolicy(words string) error {
	switch {
	case strings.HasPrefix(words, "Password is too young"):
		return rotation.Temporaryf("The password policy of the directory at %s does not allow another change so soon (pwdMinAge). The rotation is tried again later.", t.server)
	case strings.HasPrefix(words, "User alteration of password is not allowed"):
		return rotation.Permanentf("The password policy of the directory at %s does not let logins change their own passwords (pwdAllowUserChange). Set the tag %s.", t.server, rotation.TagAdminSecret)
	}
	return rotation.RefusedByPolicy("The directory's password policy refuses the password for its length, its characters or its history (pwdCheckQuality, pwdMinLength, pwdInHistory).")
}
