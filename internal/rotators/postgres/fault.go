package postgres

import (
	"context"
	"errors"
	"net"

	"github.com/jackc/pgx/v5/pgconn"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/bounded"
	"rotunda/internal/rotators/tlsconfig"
)

// newFault says in our own words why a login or statement failed: the server's might quote a
// value.
func newFault(action string, err error) *rotation.Fault {
	if fault, ok := errors.AsType[*rotation.Fault](err); ok {
		return fault
	}
	if refusal, ok := errors.AsType[*pgconn.PgError](err); ok {
		return refusalFault(action, refusal)
	}
	return rotation.Temporaryf("%s failed: %s.", action, connectionProblem(err))
}

func connectionProblem(err error) string {
	var dns *net.DNSError
	var dial *net.OpError
	switch {
	case errors.Is(err, bounded.ErrUnexpected):
		return "what answers is not PostgreSQL, or sends more than Rotunda reads; check the host and port in the tag ProviderAddress, and what is between it and Rotunda"
	case tlsconfig.IsUntrusted(err):
		return "the server's certificate is not one that sslmode and sslrootcert allow; correct these in the tag ProviderAddress, or the certificate"
	case errors.Is(err, context.Canceled):
		return "Rotunda stopped waiting for the server"
	case pgconn.Timeout(err), errors.Is(err, context.DeadlineExceeded):
		return "the server did not answer in time"
	case errors.As(err, &dns):
		return "the host name in the tag ProviderAddress was not found"
	case errors.As(err, &dial) && dial.Op == "dial":
		return "the server can't be reached; check the tag ProviderAddress, the network and the server"
	}
	return "the connection broke, or the server asks for the password in clear text and sslmode does not prove who it is, or for no password where one must be proven"
}
