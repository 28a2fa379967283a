package engine

import (
	"context"
	"time"

	"rotunda/internal/rotation"
)

const (
	// firstPause and lastPause are the first and the longest pause before a credential is tried
	// again.
	firstPause = time.Second
	lastPause  = 4 * time.Second
	// settleReserve is the time that an attempt keeps for its next steps.
	settleReserve = 5 * time.Second
)

// settle tries a credential until the provider says what a change should have brought about, or
// the time that the provider takes for changes is over, or the attempt's time runs short. Most
// providers act on a change at once: they are asked once.
func settle(ctx context.Context, rotator rotation.Rotator, wanted rotation.Verdict, try func() (rotation.Verdict, error)) (rotation.Verdict, error) {
	end := time.Now()
	if settling, ok := rotator.(rotation.Settling); ok {
		end = end.Add(settling.Settles())
	}
	if deadline, bounded := ctx.Deadline(); bounded && deadline.Add(-settleReserve).Before(end) {
		end = deadline.Add(-settleReserve)
	}
	for pause := firstPause; ; pause = min(2*pause, lastPause) {
		verdict, err := try()
		if verdict == wanted || time.Now().Add(pause).After(end) || !sleep(ctx, pause) {
			return verdict, err
		}
	}
}

// sleep reports whether the context outlived the pause.
func sleep(ctx context.Context, pause time.Duration) bool {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
