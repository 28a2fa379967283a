// Package tds stands in for SQL Server and Azure SQL: it speaks enough of the Tabular Data Stream
// protocol, version 7.4, for clients to log in over TLS and to run the statements that a rotation
// of passwords needs. It knows logins, databases with users and roles, passwords with a policy,
// locks of sp_getapplock and transactions. It answers every other statement with a syntax error.
//
// The protocol is in MS-TDS (MicrosoftDocs open specifications, [MS-TDS] 2.2 and 3.2). Details
// that it leaves open are as microsoft/go-mssqldb (tds.go, token.go) and FreeTDS/freetds expect
// them. The numbers of errors are those of SQL Server's sys.messages.
//
// What it can't show: how a real server's own checks, catalogs and timing differ from these.
package tds
