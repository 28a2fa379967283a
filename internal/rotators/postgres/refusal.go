package postgres

import (
	"errors"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/tlsconfig"
)

// The SQLSTATEs that the rotator tells apart.
const (
	protocolViolation     = "08P01"
	featureNotSupported   = "0A000"
	invalidParameter      = "22023"
	readOnlyTransaction   = "25006"
	invalidAuthorization  = "28000"
	invalidPassword       = "28P01"
	noSuchDatabase        = "3D000"
	insufficientPrivilege = "42501"
	noSuchObject          = "42704"
	invalidGrant          = "0LP01"
	tooManyConnections    = "53300"
	closedDatabase        = "55000"
	startingOrStopping    = "57P03"
)

// The routines of the server (src/backend/utils/init) that tell causes with one SQLSTATE apart.
const (
	initializeSession = "InitializeSessionUserId" // about the role
	checkDatabase     = "CheckMyDatabase"         // about the database
)

// remedies say what to do about a statement that was refused, where the SQLSTATE tells.
var remedies = map[string]string{
	insufficientPrivilege: "grant the login CREATEROLE and, from PostgreSQL 16 on, the owner (in class S the login) WITH ADMIN OPTION; before 16, no login with REPLICATION changes its own password",
	readOnlyTransaction:   "the server accepts no changes now; the tag ProviderAddress must name the primary, not a standby",
	noSuchObject:          "check that the role in the tag CredentialId exists",
	tooManyConnections:    "the server has no free connection",
	startingOrStopping:    "the server is starting or stopping",
}

// refusalFault returns a temporary fault in every case: what a server refuses, its administrator
// can allow.
func refusalFault(action string, refusal *pgconn.PgError) *rotation.Fault {
	state := sqlState(refusal)
	if remedy, known := remedies[state]; known {
		return rotation.Temporaryf("%s failed: %s (SQLSTATE %s).", action, remedy, state)
	}
	return rotation.Temporaryf("%s was refused by the server (SQLSTATE %s). The server's log has the cause.", action, state)
}

// loginFault says why a login that was not refused for its credential failed.
func (d database) loginFault(action string, err error) *rotation.Fault {
	refusal, ok := errors.AsType[*pgconn.PgError](err)
	switch {
	case !ok && offersNoTLS(err):
		return rotation.Temporaryf("%s failed: the server offers no TLS. Turn TLS on there; or, on a trusted network, %s.", action, tlsconfig.WithoutTLS(d.Host, "add sslmode=disable to the tag ProviderAddress"))
	case !ok:
		return newFault(action, err)
	}
	state := sqlState(refusal)
	if remedy := d.loginRemedy(refusal); remedy != "" {
		return rotation.Temporaryf("%s failed: %s (SQLSTATE %s).", action, remedy, state)
	}
	return refusalFault(action, refusal)
}

// offersNoTLS reports whether the server declined TLS. The driver has no error of its own for this
// (jackc/pgx pgconn/pgconn.go, startTLS).
func offersNoTLS(err error) bool {
	return strings.Contains(err.Error(), "server refused TLS connection")
}

func (d database) loginRemedy(refusal *pgconn.PgError) string {
	switch {
	case isPooler(refusal):
		return "a pooler or proxy answered, such as PgBouncer, which has its own list of passwords; the tag ProviderAddress must name the server behind it"
	case refusal.Code == invalidAuthorization && d.tls.Mode == tlsconfig.Disable:
		return "pg_hba.conf does not allow this login from Rotunda's address with a password, or it requires TLS and the tag ProviderAddress has sslmode=disable"
	case refusal.Code == invalidAuthorization:
		return "check that pg_hba.conf allows this login from Rotunda's address with a password"
	case refusal.Code == insufficientPrivilege && refusal.Routine == checkDatabase:
		return "the login lacks the right to the database; run GRANT CONNECT ON DATABASE for it"
	case refusal.Code == tooManyConnections && refusal.Routine == initializeSession:
		return "the login has as many sessions as its CONNECTION LIMIT allows"
	case refusal.Code == tooManyConnections && refusal.Routine == checkDatabase:
		return "the database has as many sessions as its CONNECTION LIMIT allows"
	case refusal.Code == noSuchDatabase:
		return "the tag ProviderAddress must name a database that exists"
	case refusal.Code == closedDatabase:
		return "the database in the tag ProviderAddress accepts no sessions (ALLOW_CONNECTIONS)"
	}
	return ""
}

// isPooler reports whether something in front of the server answered. PostgreSQL names a routine
// in every error. PgBouncer names none in its own, and its code is 08P01 even for a wrong password
// (pgbouncer/pgbouncer src/proto.c, send_pooler_error).
func isPooler(refusal *pgconn.PgError) bool {
	return refusal.Routine == "" && refusal.SeverityUnlocalized == ""
}

// sqlState returns a refusal's code if it has the form of one: a server may send anything.
func sqlState(refusal *pgconn.PgError) string {
	const digitsAndCapitals = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	if len(refusal.Code) != 5 || strings.Trim(refusal.Code, digitsAndCapitals) != "" {
		return "none"
	}
	return refusal.Code
}

// refusesLogin reports whether the server refused the credential, and not the client's address or
// way to log in. Both may be 28000; those of pg_hba.conf come from another routine of the server
// than "role does not exist" and "role is not permitted to log in".
func refusesLogin(refusal *pgconn.PgError) bool {
	if isPooler(refusal) { // it may remember an old password
		return false
	}
	return refusal.Code == invalidPassword || refusal.Code == invalidAuthorization && refusal.Routine == initializeSession
}

// rejectedLogin says more about a refused credential than that it was refused.
func rejectedLogin(refusal *pgconn.PgError) *rotation.Fault {
	if refusal.Code == invalidAuthorization {
		return rotation.Permanentf("The server knows the role but does not let it log in (NOLOGIN), or does not know it. Run ALTER ROLE ... LOGIN, or correct the user name.")
	}
	return rotation.Permanentf("The server refuses the password: it was changed or removed there, or its validity (VALID UNTIL) has ended.")
}

// passwordFault says why the statement that sets a password failed.
func passwordFault(err error) error {
	refusal, ok := errors.AsType[*pgconn.PgError](err)
	switch {
	case ok && refusesVerifier(refusal):
		return errVerifierRefused
	case ok && refusesPassword(refusal):
		return rotation.ErrRefusedByPolicy
	}
	return newFault(changing, err)
}

var errVerifierRefused = rotation.Temporaryf("The server's password policy refuses a SCRAM-SHA-256 verifier, which is the only form in which Rotunda sends a password: no password is in the server's log. " +
	"Allow verifiers for AdminSecret's login (without one, for the login itself). Where the extension credcheck checks passwords, set its parameter credcheck.encrypted_password_allowed to on; in Azure this is a server parameter.")

// refusesVerifier reports whether the extension credcheck refused a password because it is hashed
// already, whatever the password is (HexaCluster/credcheck credcheck.c, check_password). The code
// tells no more: credcheck has the same for all that it refuses, and none before version 2.
func refusesVerifier(refusal *pgconn.PgError) bool {
	return refusal.Message == "password type is not a plain text"
}

// refusesPassword reports whether a check of the password's form refused it: passwordcheck uses
// the first code, other modules the rest. It applies only to the statement that sets a password.
func refusesPassword(refusal *pgconn.PgError) bool {
	return refusal.Code == invalidParameter || refusal.Code == invalidPassword || refusal.Code == invalidAuthorization
}
