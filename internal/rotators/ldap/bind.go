package ldap

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	ldap "github.com/go-ldap/ldap/v3"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/bounded"
)

// bind logs in once. The control asks OpenLDAP why a password policy refuses a login
// (draft-behera-ldap-password-policy-10); other servers ignore it.
func (s *session) bind(as credential) (verdict rotation.Verdict, err error) {
	defer func() {
		if err != nil && verdict == rotation.Accepted {
			verdict = rotation.Unknown
		}
	}()
	defer bounded.Recover(&err)
	request := ldap.NewSimpleBindRequest(as.name, as.password.Reveal(), []ldap.Control{ldap.NewControlBeheraPasswordPolicy()})
	result, err := s.conn.SimpleBind(request)
	policy := policyError(result)
	switch {
	case err == nil && policy == mustChange:
		return rotation.Unknown, s.server.changeFirst()
	case err == nil:
		return rotation.Accepted, nil
	case ldap.IsErrorWithCode(err, ldap.LDAPResultInvalidCredentials):
		return s.server.refused(policy, wordsOf(err))
	}
	return rotation.Unknown, s.fault(loggingIn, err)
}

// The errors of the control that concern a login (draft-behera-ldap-password-policy-10, 6.2).
const (
	noPolicyError   = -1
	passwordExpired = 0
	accountLocked   = 1
	mustChange      = 2
)

func policyError(result *ldap.SimpleBindResult) int8 {
	if result == nil {
		return noPolicyError
	}
	i := slices.IndexFunc(result.Controls, func(c ldap.Control) bool { return c.GetControlType() == ldap.ControlTypeBeheraPasswordPolicy })
	if i < 0 {
		return noPolicyError
	}
	control, ok := result.Controls[i].(*ldap.ControlBeheraPasswordPolicy)
	if !ok {
		return noPolicyError
	}
	return control.Error
}

// windowsError returns the code with which Active Directory explains a refused login, or "". The
// codes are those of MS-ERREF, 2.2; the form is that of Samba (source4/ldap_server/ldap_bind.c),
// which follows Windows 2008 R2.
func windowsError(words string) string {
	_, after, found := strings.Cut(words, "AcceptSecurityContext error, data ")
	code, _, _ := strings.Cut(after, ",")
	if _, err := strconv.ParseUint(code, 16, 16); !found || !strings.HasPrefix(words, "80090308: ") || err != nil {
		return ""
	}
	return code
}

// refused returns what a refused login (invalidCredentials) says about the credential. Active
// Directory tells a locked or disabled account from a wrong password, and OpenLDAP does if its
// policy says ppolicy_use_lockout.
func (s server) refused(policy int8, words string) (rotation.Verdict, error) {
	switch policy {
	case accountLocked:
		return rotation.Unknown, s.locked()
	case passwordExpired:
		return rotation.Unknown, s.expired()
	}
	if code := windowsError(words); code != "" {
		return s.refusedByWindows(code)
	}
	return rotation.Rejected, nil
}

func (s server) refusedByWindows(code string) (rotation.Verdict, error) {
	switch code {
	case "52e":
		return rotation.Rejected, nil
	case "525":
		return rotation.Rejected, rotation.Permanentf("The directory at %s has no such user. Correct the tag CredentialId, or create the user.", s)
	case "530":
		return rotation.Unknown, rotation.Temporaryf("The directory at %s does not let the account log in at this hour. Change its logon hours, or set the tag %s.", s, rotation.TagWindow)
	case "531":
		return rotation.Unknown, rotation.Temporaryf("The directory at %s does not let the account log in from this machine. Change its list of workstations.", s)
	case "532":
		return rotation.Unknown, s.expired()
	case "533":
		return rotation.Unknown, rotation.Temporaryf("The account is disabled in the directory at %s. Enable it.", s)
	case "701":
		return rotation.Unknown, rotation.Temporaryf("The account has expired in the directory at %s. Set a later date of expiry.", s)
	case "773":
		return rotation.Unknown, s.changeFirst()
	case "775":
		return rotation.Unknown, s.locked()
	}
	return rotation.Unknown, rotation.Temporaryf("The directory at %s refuses the login for a reason other than a wrong password (Windows error %s). Its event log may say why.", s, code)
}

func (s server) locked() error {
	return rotation.Temporaryf("The account is locked in the directory at %s, after too many wrong passwords. Unlock it, and find out who tries them.", s)
}

func (s server) expired() error {
	return rotation.Temporaryf("The password has expired in the directory at %s, so it no longer logs in. Set a new one there and in the secret.", s)
}

func (s server) changeFirst() error {
	return rotation.Temporaryf("The directory at %s wants the account to change its password before anything else. Clear that mark (in Active Directory, \"User must change password at next logon\"), or set a new password there and in the secret.", s)
}

// wordsOf returns the diagnostic message of the server's answer. It is compared, and never quoted.
func wordsOf(err error) string {
	said, ok := errors.AsType[*ldap.Error](err)
	if !ok || said.Err == nil {
		return ""
	}
	return said.Err.Error()
}
