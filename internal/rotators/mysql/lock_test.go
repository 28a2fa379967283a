package mysql

import (
	"testing"

	"rotunda/internal/rotators/rotatortest"
	"rotunda/internal/testserver"
)

// A client that vanishes leaves its session, and the session its lock, until wait_timeout.
func TestTheServersLockIsBounded(t *testing.T) {
	s, _ := newAccount(t, testserver.SharedMariaDB(t), "")
	target, err := readTarget(s)
	rotatortest.Must(t, err)
	session, err := target.openLocked(t.Context(), target.current)
	rotatortest.Must(t, err)
	defer session.close()
	got, err := session.text(t.Context(), "SELECT @@SESSION.wait_timeout")
	if err != nil || got != idleTimeout {
		t.Errorf("%s, %v", got, err)
	}
}
