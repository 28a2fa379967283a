package rotators

import (
	"crypto/tls"
	"errors"

	"github.com/go-sql-driver/mysql"

	"rotunda/internal/rotation"
)

// Error numbers of MariaDB and MySQL.
const (
	mysqlDBDenied         = 1044
	mysqlAccessDenied     = 1045
	mysqlTableDenied      = 1142
	mysqlPrivilegeNeeded  = 1227
	mysqlOptionPrevents   = 1290
	mysqlNoPlugin         = 1524 // what MariaDB may say of an account that does not exist
	mysqlCannotUser       = 1396
	mysqlDeniedNoPassword = 1698 // what MariaDB says if the way that it tried last has no password
	mysqlPolicy           = 1819
	mysqlMustSetPassword  = 1820
	mysqlExpired          = 1862
	mysqlInvalidRole      = 1959
	mysqlLocked           = 3118
	mysqlUnknownRole      = 3523
	mariaDBLocked         = 4151
)

// mysqlNumber is the number of the server's error; 0 if it is no error of the server's.
func mysqlNumber(err error) uint16 {
	if said, ok := errors.AsType[*mysql.MySQLError](err); ok {
		return said.Number
	}
	return 0
}

// verdictOfMySQL: a host that is not allowed, too many connections and the like say nothing about the password.
func verdictOfMySQL(err error) rotation.Verdict {
	switch mysqlNumber(err) {
	case mysqlAccessDenied, mysqlDeniedNoPassword, mysqlNoPlugin, mysqlLocked, mariaDBLocked:
		return rotation.Rejected
	}
	return rotation.Unknown
}

// fault says in our words what went wrong; nil stays nil. Of the server's words only the number is told.
func (a mysqlAddress) fault(doing string, err error) error {
	if err == nil {
		return nil
	}
	number := mysqlNumber(err)
	if doing == makingPair && (number == mysqlAccessDenied || number == mysqlDeniedNoPassword) { // MariaDB's, for a role that one may not grant
		number = mysqlInvalidRole
	}
	switch number {
	case 0:
		return a.connectionFault(err)
	case mysqlPolicy:
		return rotation.ErrRefusedByPolicy
	case mysqlDBDenied, mysqlTableDenied, mysqlPrivilegeNeeded:
		return rotation.Permanentf("The server %s does not permit %s (error %d). Who changes the password needs CREATE USER, and for class O SELECT on mysql.global_priv too.", a, doing, number)
	case mysqlCannotUser, mysqlOptionPrevents:
		return rotation.Permanentf("The server %s refused %s (error %d). Either there is no such account, or a plugin that checks passwords takes no hashes: set strict_password_validation=OFF then.", a, doing, number)
	case mysqlMustSetPassword, mysqlExpired:
		return rotation.Permanentf("The server %s refused %s: the password has expired (error %d). Set a new one by hand, in the secret too.", a, doing, number)
	case mysqlInvalidRole, mysqlUnknownRole:
		return rotation.Permanentf("The server %s refused %s (error %d). In class A the tag CredentialId must name a role that exists there, and that the login of AdminSecret has WITH ADMIN OPTION.", a, doing, number)
	}
	return rotation.Temporaryf("The server %s refused %s (error %d).", a, doing, number)
}

func (a mysqlAddress) connectionFault(err error) error {
	_, untrusted := errors.AsType[*tls.CertificateVerificationError](err)
	switch {
	case untrusted:
		return rotation.Temporaryf("The certificate of the server %s is not one for this host from an authority that is trusted. The query parameter sslrootcert of the tag ProviderAddress may name a file of authorities.", a)
	case errors.Is(err, mysql.ErrNoTLS):
		return rotation.Permanentf("The server %s has no TLS. Set it up there, or where the network is trusted add ?sslmode=disable to the tag ProviderAddress.", a)
	case errors.Is(err, mysql.ErrMalformPkt):
		// the driver changes the plugin once, so it reaches the first two alternatives of an account
		return rotation.Permanentf("The server %s asked for a third way to log in. An account that is rotated may have two alternatives (IDENTIFIED VIA ... OR ...) besides the new password.", a)
	}
	return rotation.Temporaryf("The server %s can't be reached, or does not answer as MariaDB and MySQL do.", a)
}
