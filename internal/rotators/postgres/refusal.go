package postgres

import (
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"rotunda/internal/rotation"
)

// The SQLSTATEs that the rotator tells apart.
const (
	invalidPassword       = "28P01"
	invalidAuthorization  = "28000"
	invalidParameter      = "22023"
	insufficientPrivilege = "42501"
	readOnlyTransaction   = "25006"
	noSuchDatabase        = "3D000"
	noSuchObject          = "42704"
	tooManyConnections    = "53300"
	startingOrStopping    = "57P03"
)

// remedies say what to do, where the SQLSTATE tells.
var remedies = map[string]string{
	invalidAuthorization:  "check that pg_hba.conf allows this login from Rotunda's address with a password",
	insufficientPrivilege: "grant the login CONNECT on the database and, to change other logins, CREATEROLE and the owner (in class S the login) WITH ADMIN OPTION",
	readOnlyTransaction:   "the tag ProviderAddress must name the primary, not a standby",
	noSuchDatabase:        "the tag ProviderAddress must name a database that exists",
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
	return rotation.Temporaryf("%s was refused by the server (SQLSTATE %s).", action, state)
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
	return refusal.Code == invalidPassword ||
		refusal.Code == invalidAuthorization && refusal.Routine == "InitializeSessionUserId"
}

// refusesPassword reports whether a check of the password's form refused it: passwordcheck uses
// the first code, other modules the rest. It applies only to the statement that sets a password.
func refusesPassword(refusal *pgconn.PgError) bool {
	return refusal.Code == invalidParameter || refusal.Code == invalidPassword || refusal.Code == invalidAuthorization
}
