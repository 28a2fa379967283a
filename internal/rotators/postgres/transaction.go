package postgres

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5/pgconn"

	"rotunda/internal/rotation"
)

// changing is what faults call the transaction that changes a password.
const changing = "The change of the password"

// begin starts a transaction. The limits end it if the worker freezes or dies; the commit waits
// for the disk even on a server that is set not to. It may write although
// default_transaction_read_only is on; only a standby refuses that.
func (s *session) begin(ctx context.Context) error {
	err := s.exec(ctx, "BEGIN READ WRITE", "SET LOCAL statement_timeout = '10s'",
		"SET LOCAL idle_in_transaction_session_timeout = '60s'", "SET LOCAL synchronous_commit = on")
	if refusal, ok := errors.AsType[*pgconn.PgError](err); ok && refusal.Code == featureNotSupported {
		return errStandby
	}
	if err != nil {
		return newFault(changing, err)
	}
	return nil
}

// beginLocked starts a transaction that holds the server's lock for an identity.
func (s *session) beginLocked(ctx context.Context, identity string) error {
	if err := s.begin(ctx); err != nil {
		return err
	}
	locked, err := s.queryRow(ctx, 1, "SELECT pg_catalog.pg_try_advisory_xact_lock(pg_catalog.hashtextextended($1, 0))", identity)
	if err != nil {
		return newFault(changing, err)
	}
	if locked[0] != "t" {
		return rotation.Temporaryf("Another worker is changing this credential and holds its lock on the server. The rotation is tried again later.")
	}
	return nil
}

var errStandby = rotation.Temporaryf("The server is a standby, which accepts no changes. The tag ProviderAddress must name the primary.")

func (s *session) commit(ctx context.Context) error {
	if err := s.exec(ctx, "COMMIT"); err != nil {
		return newFault(changing, err)
	}
	return nil
}
