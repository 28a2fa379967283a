package mysql

import (
	"errors"
	"strings"

	"github.com/go-sql-driver/mysql"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/bounded"
	"rotunda/internal/rotators/tlsconfig"
)

// Error numbers of MariaDB and MySQL.
const (
	tooManyConnections = 1040
	databaseDenied     = 1044
	accessDenied       = 1045
	hostBlocked        = 1129
	hostNotAllowed     = 1130
	tableDenied        = 1142
	columnDenied       = 1143
	tooManyOfUser      = 1203
	limitReached       = 1226
	privilegeNeeded    = 1227
	optionPrevents     = 1290
	wrongHashLength    = 1372
	nameTooLong        = 1470
	noPlugin           = 1524 // MariaDB may answer this for an account that does not exist
	cannotUser         = 1396
	accessDeniedNoAuth = 1698 // MariaDB's, if the alternative that it tried last has no password
	refusedByPolicy    = 1819
	mustSetPassword    = 1820
	passwordExpired    = 1862
	usedBefore         = 3638 // the account's or the server's policy of reuse
	invalidRole        = 1959
	accountLocked      = 3118
	tlsRequired        = 3159
	unknownRole        = 3523
	presentNeeded      = 3892 // an account that sets its own password must give the present one
	mariaDBAccountLock = 4151
)

// What faults call the changes of an account.
const (
	loggingIn       = "the login"
	settingPassword = "setting the password"
	makingPair      = "creating the account for class A"
)

// What MariaDB answers for a role that the login may not grant, and for a locked account.
var (
	roleDenied    = &mysql.MySQLError{Number: invalidRole}
	lockedAccount = &mysql.MySQLError{Number: mariaDBAccountLock}
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
		return s.connectionFault(action, err)
	case refusedByPolicy:
		return rotation.ErrRefusedByPolicy
	case databaseDenied, tableDenied, columnDenied, privilegeNeeded:
		return rotation.Permanentf("The server %s does not permit %s (error %d). Grant the login that changes the password CREATE USER and SELECT on mysql.global_priv (on MySQL in classes O and A, on mysql.user), and on MariaDB for class A also SELECT on mysql.roles_mapping.", s, action, number)
	case optionPrevents:
		return s.optionFault(action, err)
	case wrongHashLength:
		return rotation.Permanentf("The server %s refused %s: the account's plugin does not store passwords as mysql_native_password does (error %d). Alter the account to IDENTIFIED VIA mysql_native_password.", s, action, number)
	case nameTooLong:
		return rotation.Permanentf("The server %s refused %s: a name is too long there (error %d). In class A, name a role with a shorter name in the tag CredentialId.", s, action, number)
	case cannotUser:
		return rotation.Permanentf("The server %s refused %s (error %d). Either somebody made or dropped the account in this moment, or a plugin that checks passwords accepts no hashes; for the plugin, set strict_password_validation=OFF.", s, action, number)
	case usedBefore:
		return rotation.Permanentf("The server %s refused %s: the account had this password before, and its policy forbids to set it again (error %d). Run ALTER USER ... PASSWORD HISTORY 0 PASSWORD REUSE INTERVAL 0 DAY for it.", s, action, number)
	case mustSetPassword, passwordExpired:
		return rotation.Permanentf("The server %s refused %s: the password has expired (error %d). Set a new password there, and set the secret to it.", s, action, number)
	case invalidRole, unknownRole:
		return rotation.Permanentf("The server %s refused %s (error %d). In class A the tag CredentialId must name a role that exists there, and the login of AdminSecret must have that role WITH ADMIN OPTION.", s, action, number)
	}
	return s.loginFault(action, number)
}

// optionFault tells apart the options of a server that prevent a change. Only the server's text
// names the option.
func (s server) optionFault(action string, err error) error {
	said, _ := errors.AsType[*mysql.MySQLError](err)
	if strings.Contains(said.Message, "read-only") || strings.Contains(said.Message, "read_only") {
		return rotation.Temporaryf("The server %s is read-only, so it refused %s. If it is a replica, name the primary in the tag ProviderAddress; if this is maintenance, wait for its end.", s, action)
	}
	return rotation.Permanentf("The server %s refused %s (error %d): an option prevents it. If a plugin checks passwords there, it accepts no hashes; set strict_password_validation=OFF.", s, action, optionPrevents)
}

// loginFault is for errors that have to do with a connection or a limit.
func (s server) loginFault(action string, number uint16) error {
	switch number {
	case tooManyConnections:
		return rotation.Temporaryf("The server %s has too many connections (error %d). Raise max_connections, or find out who holds them.", s, number)
	case tooManyOfUser, limitReached:
		return rotation.Temporaryf("The server %s refused %s: the account has reached a limit of its own, such as MAX_USER_CONNECTIONS or MAX_QUERIES_PER_HOUR (error %d). Raise the limit, or wait.", s, action, number)
	case hostBlocked:
		return rotation.Temporaryf("The server %s blocks Rotunda's host after many failed connections (error %d). Run FLUSH HOSTS there.", s, number)
	case hostNotAllowed: // an app in Azure may have several addresses
		return rotation.Temporaryf("The server %s accepts no connection from Rotunda's host (error %d). No account there allows this host; create the account for it, or for the host %%.", s, number)
	case tlsRequired:
		return rotation.Permanentf("The server %s requires TLS (error %d). Remove sslmode=disable from the tag ProviderAddress.", s, number)
	case accountLocked, mariaDBAccountLock:
		return rotation.Permanentf("The server %s refused %s: the account is locked (error %d). Unlock it with ALTER USER ... ACCOUNT UNLOCK.", s, action, number)
	}
	return rotation.Temporaryf("The server %s refused %s (error %d). Its manual explains the number; the rotation is tried again later.", s, action, number)
}

func (s server) connectionFault(action string, err error) error {
	switch {
	case tlsconfig.IsUntrusted(err):
		return rotation.Temporaryf("The certificate of the server %s is not from a trusted authority, or not for this host. To trust another authority, name its file in the parameter sslrootcert of the tag ProviderAddress.", s)
	case errors.Is(err, mysql.ErrNoTLS):
		return rotation.Permanentf("The server %s offers no TLS. Turn TLS on there; or, on a trusted network, %s.", s, tlsconfig.WithoutTLS(s.Host, "add sslmode=disable to the tag ProviderAddress"))
	case errors.Is(err, mysql.ErrUnknownPlugin), errors.Is(err, mysql.ErrCleartextPassword), errors.Is(err, mysql.ErrOldPassword):
		return rotation.Permanentf("The server %s asks for this login in a way that Rotunda does not use, such as PAM or in clear text. Alter the account to a plugin that takes a password, such as mysql_native_password.", s)
	case errors.Is(err, bounded.ErrUnexpected), errors.Is(err, mysql.ErrMalformPkt) && action != loggingIn:
		return rotation.Temporaryf("What answers at %s is not MariaDB or MySQL, or sends more than Rotunda reads. Check the host and port in the tag ProviderAddress, and what is between it and Rotunda.", s)
	case errors.Is(err, mysql.ErrMalformPkt):
		// The driver changes the plugin once, so it reaches only an account's first two
		// alternatives.
		return rotation.Permanentf("The server %s asked for a third way to log in. Besides the new password, an account may have two alternatives (IDENTIFIED VIA ... OR ...). Remove the others.", s)
	}
	return rotation.Temporaryf("The server %s can't be reached, or does not answer like MariaDB or MySQL. Check the tag ProviderAddress, the network and the server.", s)
}
