package rotators

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"

	"github.com/jackc/pgx/v5/pgconn"

	"rotunda/internal/rotation"
)

// postgresFault says in our own words why a login or statement failed: the server's might quote a value.
func postgresFault(doing string, err error) *rotation.Fault {
	if fault, ok := errors.AsType[*rotation.Fault](err); ok {
		return fault
	}
	if refusal, ok := errors.AsType[*pgconn.PgError](err); ok {
		return refusalFault(doing, refusal)
	}
	return rotation.Temporaryf("%s failed: %s.", doing, connectionTrouble(err))
}

func connectionTrouble(err error) string {
	var verification *tls.CertificateVerificationError
	var unknown x509.UnknownAuthorityError
	var hostname x509.HostnameError
	var invalid x509.CertificateInvalidError
	var dns *net.DNSError
	var dial *net.OpError
	switch {
	case errors.As(err, &verification), errors.As(err, &unknown), errors.As(err, &hostname), errors.As(err, &invalid):
		return "the server's certificate is not one that sslmode and sslrootcert allow"
	case errors.Is(err, context.Canceled):
		return "it was stopped from here"
	case pgconn.Timeout(err), errors.Is(err, context.DeadlineExceeded):
		return "the server did not answer in time"
	case errors.As(err, &dns):
		return "the host name was not found"
	case errors.As(err, &dial) && dial.Op == "dial":
		return "the server can't be reached"
	}
	return "the connection broke, or the server offers no TLS, or asks for the password in clear where sslmode does not make sure who it is"
}
