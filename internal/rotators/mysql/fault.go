package mysql

import (
	"errors"

	"github.com/go-sql-driver/mysql"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/tlsconfig"
)

// Error numbers of MariaDB and MySQL.
const (
	databaseDenied     = 1044
	accessDenied       = 1045
	tableDenied        = 1142
	privilegeNeeded    = 1227
	optionPrevents     = 1290
	noPlugin           = 1524 // MariaDB may answer this for an account that does not exist
	cannotUser         = 1396
	accessDeniedNoAuth = 1698 // MariaDB's, if the alternative that it tried last has no password
	refusedByPolicy    = 1819
	mustSetPassword    = 1820
	passwordExpired    = 1862
	invalidRole        = 1959
	accountLocked      = 3118
	unknownRole        = 3523
	mariaDBAccountLock = 4151
)

// What faults call the changes of an account.
const (
	settingPassword = "setting the password"
	makingPair      = "creating the account for class A"
)

// errorNumber returns the number of the server's error, or 0 for any other error.
func errorNumber(err error) uint16 {
	if said, ok := errors.AsType[*mysql.MySQLError](err); ok {
		return said.Number
	}
	return 0
}

// verdictOf returns what a failed login says about the credential. A host that is not allowed, too
// many connections and the like say nothing about the password.
func verdictOf(err error) rotation.Verdict {
	switch errorNumber(err) {
	case accessDenied, accessDeniedNoAuth, noPlugin, accountLocked, mariaDBAccountLock:
		return rotation.Rejected
	}
	return rotation.Unknown
}

// fault says in our own words why action failed; nil stays nil. It quotes only the number of the
// server's error.
func (s server) fault(action string, err error) error {
	if err == nil {
		return nil
	}
	number := errorNumber(err)
	// MariaDB answers this for a role that the login may not grant.
	if action == makingPair && (number == accessDenied || number == accessDeniedNoAuth) {
		number = invalidRole
	}
	switch number {
	case 0:
		return s.connectionFault(err)
	case refusedByPolicy:
		return rotation.ErrRefusedByPolicy
	case databaseDenied, tableDenied, privilegeNeeded:
		return rotation.Permanentf("The server %s does not permit %s (error %d). Grant the login that changes the password CREATE USER, and for class O also SELECT on mysql.global_priv.", s, action, number)
	case cannotUser, optionPrevents:
		return rotation.Permanentf("The server %s refused %s (error %d). Either the account does not exist, or a plugin that checks passwords accepts no hashes; for the plugin, set strict_password_validation=OFF.", s, action, number)
	case mustSetPassword, passwordExpired:
		return rotation.Permanentf("The server %s refused %s: the password has expired (error %d). Set a new password there, and set the secret to it.", s, action, number)
	case invalidRole, unknownRole:
		return rotation.Permanentf("The server %s refused %s (error %d). In class A the tag CredentialId must name a role that exists there, and the login of AdminSecret must have that role WITH ADMIN OPTION.", s, action, number)
	}
	return rotation.Temporaryf("The server %s refused %s (error %d).", s, action, number)
}

func (s server) connectionFault(err error) error {
	switch {
	case tlsconfig.IsUntrusted(err):
		return rotation.Temporaryf("The certificate of the server %s is not from a trusted authority, or not for this host. To trust another authority, name its file in the parameter sslrootcert of the tag ProviderAddress.", s)
	case errors.Is(err, mysql.ErrNoTLS):
		return rotation.Permanentf("The server %s offers no TLS. Turn TLS on there; or, on a trusted network, add ?sslmode=disable to the tag ProviderAddress.", s)
	case errors.Is(err, mysql.ErrMalformPkt):
		// The driver changes the plugin once, so it reaches only an account's first two
		// alternatives.
		return rotation.Permanentf("The server %s asked for a third way to log in. Besides the new password, an account may have two alternatives (IDENTIFIED VIA ... OR ...). Remove the others.", s)
	}
	return rotation.Temporaryf("The server %s can't be reached, or does not answer like MariaDB or MySQL. Check the tag ProviderAddress, the network and the server.", s)
}
