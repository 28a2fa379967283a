package postgres

import (
	"context"

	"rotunda/internal/rotation"
)

// changing is what faults call the transaction that changes a password.
const changing = "The change of the password"

// begin starts a transaction that holds the server's lock for an identity. The limits end it if
// the worker freezes or dies; the commit waits for the disk even on a server that is set not to.
func (s *session) begin(ctx context.Context, identity string) error {
	if err := s.exec(ctx, "BEGIN", "SET LOCAL statement_timeout = '10s'",
		"SET LOCAL idle_in_transaction_session_timeout = '60s'", "SET LOCAL synchronous_commit = on"); err != nil {
		return newFault(changing, err)
	}
	locked, err := s.queryBools(ctx, "SELECT pg_catalog.pg_try_advisory_xact_lock(pg_catalog.hashtextextended($1, 0))", identity)
	if err != nil {
		return newFault(changing, err)
	}
	if !locked[0] {
		return rotation.Temporaryf("Another worker is changing this credential and holds its lock on the server. The rotation is tried again later.")
	}
	return nil
}

func (s *session) commit(ctx context.Context) error {
	if err := s.exec(ctx, "COMMIT"); err != nil {
		return newFault(changing, err)
	}
	return nil
}
