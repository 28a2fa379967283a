package rotators

import (
	"github.com/jackc/pgx/v5/pgconn"

	"rotunda/internal/rotation"
)

// SQLSTATEs that mean something to us.
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

// remedies say what to do where the SQLSTATE tells.
var remedies = map[string]string{
	invalidAuthorization:  "see that pg_hba.conf lets this login in from here with a password",
	insufficientPrivilege: "grant the login what it needs: CONNECT on the database and, to change other logins, CREATEROLE and WITH ADMIN OPTION the owner, or in class S the login",
	readOnlyTransaction:   "the tag ProviderAddress must name the primary, not a standby",
	noSuchDatabase:        "the tag ProviderAddress must name a database that exists",
	noSuchObject:          "see that the role in the tag CredentialId exists",
	tooManyConnections:    "the server has no connection to spare",
	startingOrStopping:    "the server is starting or stopping",
}

// refusalFault may pass in any case: what a server refuses, its administrator can allow.
func refusalFault(doing string, refusal *pgconn.PgError) *rotation.Fault {
	state := sqlState(refusal)
	if remedy, known := remedies[state]; known {
		return rotation.Temporaryf("%s failed: %s (SQLSTATE %s).", doing, remedy, state)
	}
	return rotation.Temporaryf("%s was refused by the server (SQLSTATE %s).", doing, state)
}

// sqlState is a refusal's code, if it is one; a server may say anything.
func sqlState(refusal *pgconn.PgError) string {
	if len(refusal.Code) != 5 {
		return "none"
	}
	for _, r := range refusal.Code {
		if (r < '0' || r > '9') && (r < 'A' || r > 'Z') {
			return "none"
		}
	}
	return refusal.Code
}

// refusesLogin tells a refusal of the credential from one of the client's address or way of login. Both may be 28000; those of
// pg_hba.conf come from another routine of the server than "role does not exist" and "role is not permitted to log in".
func refusesLogin(refusal *pgconn.PgError) bool {
	return refusal.Code == invalidPassword ||
		refusal.Code == invalidAuthorization && refusal.Routine == "InitializeSessionUserId"
}

// refusesPassword tells the refusals that come from checks of a password's form: passwordcheck uses the first, other
// modules the rest. Only the statement that sets a password may be judged by it.
func refusesPassword(refusal *pgconn.PgError) bool {
	return refusal.Code == invalidParameter || refusal.Code == invalidPassword || refusal.Code == invalidAuthorization
}
