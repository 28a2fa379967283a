package sqlserver

import (
	"context"
	"errors"
	"net"
	"os"
	"slices"

	mssql "github.com/microsoft/go-mssqldb"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/bounded"
	"rotunda/internal/rotators/tlsconfig"
)

// The errors that the rotator tells apart
// (learn.microsoft.com/sql/relational-databases/errors-events, "Database engine errors", and
// azure/azure-sql/database/troubleshoot-common-errors-issues).
const (
	loginFailed    = 18456
	noSuchOrRight  = 15151
	onlyInMaster   = 5001
	isReadOnly     = 3906
	notContained   = 33233
	tooYoung       = 15114
	cannotBeUsed   = 15115
	azurePolicy    = 40632
	firstPolicy    = 15116 // too short
	lastPolicy     = 15119 // a password filter
	alreadyMarked  = 15233
	noPropertyHere = 15135
)

// remedies say what to do about an error, where its number tells.
var remedies = map[int32]string{
	4060:  "the database in the tag ProviderAddress does not exist, or the login has no user in it",
	4063:  "the login can't open its own default database; name a database in the tag ProviderAddress",
	4064:  "the login can't open its own default database; name a database in the tag ProviderAddress",
	916:   "the login has no user in the database in the tag ProviderAddress",
	18470: "the login is disabled; run ALTER LOGIN ... ENABLE",
	18486: "the login is locked out after too many failed attempts; run ALTER LOGIN ... WITH PASSWORD = '...' UNLOCK, and find out what tries an old password",
	18487: "the login's password has expired; change it, and run ALTER LOGIN ... WITH CHECK_EXPIRATION = OFF, as Rotunda does the expiring",
	18488: "the login's password must be changed before its first use (MUST_CHANGE); change it, and set the secret to the new one",
	18452: "the server accepts only Windows accounts, or the login is one; enable SQL Server authentication",
	18451: "the server is starting or stopping; Rotunda tries again",
	18461: "the server is in single-user mode; Rotunda tries again",
	6005:  "the server is stopping; Rotunda tries again",
	17142: "the server is paused; Rotunda tries again",
	17197: "the server did not answer the login in time; Rotunda tries again",
	17809: "the server has as many connections as it allows; Rotunda tries again",
	40615: "the firewall of Azure SQL does not allow Rotunda's address; add a rule or a virtual network endpoint for the function app",
	40914: "Azure SQL does not allow the virtual network of the function app; add a virtual network rule",
	47073: "Azure SQL denies access from public networks; connect the function app to the server's private endpoint",
	40532: "the gateway knows no such server; check the host in the tag ProviderAddress",
	40531: "the gateway can't tell which server is meant; the host in the tag ProviderAddress must be the server's own name",
	40613: "the database is not available now, which it is when it resumes or moves; Rotunda tries again",
	40197: "the database moves to other hardware; Rotunda tries again",
	40501: "Azure SQL is busy; Rotunda tries again",
	10928: "the database has as many sessions as it allows; Rotunda tries again",
	10929: "the server has too little room for another session; Rotunda tries again",
	49918: "Azure SQL is busy; Rotunda tries again",
	49919: "Azure SQL is busy; Rotunda tries again",
	49920: "Azure SQL is busy; Rotunda tries again",
	976:   "the database is a secondary replica that accepts no logins; the tag ProviderAddress must name the primary",
	978:   "the database is a secondary replica; the tag ProviderAddress must name the primary",
	983:   "the database is a secondary replica that is not ready; the tag ProviderAddress must name the primary",

	noSuchOrRight:  "the login does not exist any more, or the login that changes it lacks the right to; grant ALTER ANY LOGIN, or for contained users ALTER ANY USER, and in class A ALTER ON ROLE",
	15247:          "the login that changes passwords lacks the right to; grant ALTER ANY LOGIN, or for contained users ALTER ANY USER",
	207:            "the server is older than SQL Server 2012, which Rotunda needs",
	229:            "the login lacks a right that the query needs",
	262:            "the login lacks a right in the database that the statement needs",
	297:            "the login lacks a right on the server that the statement needs",
	300:            "the login lacks a right on the server that the statement needs",
	onlyInMaster:   "Azure SQL changes logins of the server in the database master only; remove the database from the tag ProviderAddress, or use a contained user",
	isReadOnly:     "the database is read-only; the tag ProviderAddress must name the primary",
	notContained:   "the database allows no users with passwords; run ALTER DATABASE ... SET CONTAINMENT = PARTIAL",
	tooYoung:       "the policy's minimum age of passwords is not over; set RotationIntervalDays above it",
	cannotBeUsed:   "the policy does not allow this password now",
	alreadyMarked:  "another rotation has marked the login just now; Rotunda looks again",
	noPropertyHere: "the login of AdminSecret may not set extended properties on users; grant it ALTER ANY USER",
	1205:           "another transaction was in the way; Rotunda tries again",
	1222:           "another transaction was in the way; Rotunda tries again",
}

// numbersOf returns the numbers of the errors that the server sent, or nothing if it sent none.
func numbersOf(err error) []int32 {
	refusal, ok := errors.AsType[mssql.Error](err)
	if !ok {
		return nil
	}
	var numbers []int32
	for _, one := range refusal.All {
		numbers = append(numbers, one.Number)
	}
	if len(numbers) == 0 {
		numbers = append(numbers, refusal.Number)
	}
	return numbers
}

// refusesLogin reports whether the server refused the credential itself, and said nothing else: a
// database that can't be opened is error 18456 too, after one that says so.
func refusesLogin(err error) bool {
	numbers := numbersOf(err)
	return len(numbers) > 0 && !slices.ContainsFunc(numbers, func(n int32) bool { return n != loginFailed })
}

func refusesPassword(err error) bool {
	return slices.ContainsFunc(numbersOf(err), func(n int32) bool { return n >= firstPolicy && n <= lastPolicy || n == azurePolicy })
}

// newFault says in our own words why a login or statement failed: the server's might quote a
// value. It is temporary: what a server refuses, its administrator can allow.
func newFault(action string, err error) *rotation.Fault {
	if fault, ok := errors.AsType[*rotation.Fault](err); ok {
		return fault
	}
	numbers := numbersOf(err)
	for _, number := range numbers {
		if remedy, known := remedies[number]; known {
			return rotation.Temporaryf("%s failed: %s (error %d).", action, remedy, number)
		}
	}
	if len(numbers) > 0 {
		return rotation.Temporaryf("%s was refused by the server (error %d). The server's log has the cause.", action, numbers[0])
	}
	return rotation.Temporaryf("%s failed: %s.", action, connectionProblem(err))
}

func connectionProblem(err error) string {
	var dns *net.DNSError
	var network *net.OpError
	switch {
	case errors.Is(err, bounded.ErrUnexpected):
		return "what answers is not SQL Server, or sends what Rotunda does not read; check the host and port in the tag ProviderAddress, and what is between it and Rotunda"
	case errors.Is(err, errNoTLS):
		return "the server offers no TLS; turn it on there"
	case errors.Is(err, errNeedsTLS):
		return "the server requires TLS; remove sslmode=disable from the tag ProviderAddress"
	case errors.Is(err, errRouted):
		return "the server sends its clients to another server, which Rotunda follows within Azure SQL only; name that one in the tag ProviderAddress"
	case tlsconfig.IsUntrusted(err):
		return "the server's certificate is not one that sslmode and sslrootcert allow; correct these in the tag ProviderAddress, or the certificate"
	case errors.Is(err, context.Canceled):
		return "Rotunda stopped waiting for the server"
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded):
		return "the server did not answer in time"
	case errors.As(err, &dns):
		return "the host name in the tag ProviderAddress was not found"
	case errors.As(err, &network) && network.Op == "dial":
		return "the server can't be reached; check the tag ProviderAddress, the network and the server"
	}
	return "the connection broke; check the host and port in the tag ProviderAddress, and the server"
}

func rejectedLogin() *rotation.Fault {
	return rotation.Permanentf("The server refuses the login: the password was changed or removed there, the login or user does not exist, or the server accepts no SQL Server authentication. Its log says which.")
}
