package ldap

import (
	"errors"

	ldap "github.com/go-ldap/ldap/v3"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/bounded"
	"rotunda/internal/rotators/tlsconfig"
)

// action is what failed, in a fault.
type action string

const (
	connecting action = "the connection"
	loggingIn  action = "the login"
	reading    action = "reading the login's entry"
	changing   action = "changing the password"
)

// fault returns why a request failed; nil stays nil.
func (s *session) fault(what action, err error) error {
	if err != nil && s.wire.broken.Load() {
		err = bounded.ErrUnexpected
	}
	return s.server.fault(what, err)
}

// fault says in our own words why an action failed; nil and faults stay as they are. Of the
// server's answer it quotes only the number of the result.
func (s server) fault(what action, err error) error {
	fault, is := errors.AsType[*rotation.Fault](err)
	code, answered := resultOf(err)
	switch {
	case err == nil:
		return nil
	case is:
		return fault
	case errors.Is(err, errNoTLS):
		return rotation.Temporaryf("The directory at %s refuses StartTLS. Give it a certificate, or begin the tag ProviderAddress with ldaps://; or, on a trusted network, %s.", s, s.withoutTLS())
	case tlsconfig.IsUntrusted(err):
		return rotation.Temporaryf("The certificate of the directory at %s is not from a trusted authority, or not for this host. To trust another authority, name its file in the parameter sslrootcert of the tag ProviderAddress.", s)
	case tlsconfig.IsPlaintext(err):
		return rotation.Temporaryf("What answers at %s has no TLS. Name a port with TLS, or begin the tag ProviderAddress with ldap://, which uses StartTLS.", s)
	case errors.Is(err, bounded.ErrUnexpected):
		return rotation.Temporaryf("What answers at %s is not a directory, or sends more than Rotunda reads. Check the host and port in the tag ProviderAddress; a port with TLS, such as 636, needs ldaps://.", s)
	case !answered:
		return rotation.Temporaryf("The directory at %s can't be reached or does not answer. Check the tag ProviderAddress, the network and the server; a port with TLS, such as 636, needs ldaps://.", s)
	}
	return s.refusal(what, code)
}

func (s server) withoutTLS() string {
	return tlsconfig.WithoutTLS(s.Host, "add ?sslmode=disable to the tag ProviderAddress")
}

// resultOf returns the result code of a server's answer (RFC 4511, A). From 200 on, codes are the
// client's own.
func resultOf(err error) (code uint16, answered bool) {
	said, ok := errors.AsType[*ldap.Error](err)
	if !ok || said.ResultCode >= ldap.ErrorNetwork && said.ResultCode < noOperation || said.ResultCode == ldap.LDAPResultSuccess {
		return 0, false
	}
	return said.ResultCode, true
}

// refusal names the causes that have a result code of their own.
func (s server) refusal(what action, code uint16) error {
	switch code {
	case ldap.LDAPResultConfidentialityRequired, ldap.LDAPResultStrongAuthRequired:
		return rotation.Permanentf("The directory at %s requires TLS (result %d). Begin the tag ProviderAddress with ldaps://, or remove its sslmode=disable.", s, code)
	case ldap.LDAPResultInvalidDNSyntax:
		return rotation.Permanentf("The directory at %s does not know the form of the login's name (result %d). Correct the tag CredentialId.", s, code)
	case ldap.LDAPResultNoSuchObject:
		return rotation.Permanentf("The directory at %s has no entry of the login, or does not show it (result %d). Correct the tag CredentialId, or grant the login that changes the password the right to read the entry.", s, code)
	case ldap.LDAPResultReferral:
		return rotation.Permanentf("The server at %s has a copy that can't be changed, and refers to another server (result %d). Name the server that accepts changes in the tag ProviderAddress.", s, code)
	case ldap.LDAPResultInsufficientAccessRights:
		return rotation.Permanentf("The directory at %s does not permit %s (result %d). Grant it to the login itself, or to the one that the tag AdminSecret names.", s, what, code)
	case ldap.LDAPResultAuthMethodNotSupported, ldap.LDAPResultInappropriateAuthentication:
		return rotation.Permanentf("The directory at %s does not accept a name and a password for this login (result %d). Its entry may have no password, or the server may allow other kinds of login only.", s, code)
	case ldap.LDAPResultUnwillingToPerform:
		return rotation.Temporaryf("The directory at %s is unwilling to perform the request (result %d). It may be read-only, or disallow what failed: %s. Its log may say why.", s, code, what)
	case ldap.LDAPResultBusy, ldap.LDAPResultUnavailable, ldap.LDAPResultAdminLimitExceeded, ldap.LDAPResultTimeLimitExceeded:
		return rotation.Temporaryf("The directory at %s is busy or unavailable (result %d). The rotation is tried again later.", s, code)
	}
	return rotation.Temporaryf("The directory at %s refused %s (result %d). Its log may say why; the rotation is tried again later.", s, what, code)
}
