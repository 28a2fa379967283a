package mysql

import (
	"context"
	"testing"
	"time"

	"rotunda/internal/rotators/rotatortest"
	"rotunda/internal/secret"
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
	rotatortest.RefuseApply(t, Rotator{}, s, newPassword, "Another worker")
	got, err := session.text(t.Context(), "SELECT @@SESSION.wait_timeout")
	if err != nil || got != idleTimeout {
		t.Errorf("%s, %v", got, err)
	}
	rotatortest.Must(t, session.run(t.Context(), "waiting less", "SET SESSION wait_timeout = 1"))
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	for ctx.Err() == nil {
		if err = (Rotator{}).Apply(ctx, s, secret.NewValue(newPassword), rotatortest.Unfenced); err == nil {
			return
		}
	}
	t.Error("the lock outlives its session:", err)
}
