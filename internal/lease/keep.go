package lease

import (
	"context"
	"sync"
	"time"

	azlease "github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/lease"

	"rotunda/internal/rotation"
)

const (
	renewEvery = 20 * time.Second
	renewAgain = 2 * time.Second // after a failure
	// loseAfter counts from before the last success was asked for: nobody else gets the lease for 15 s more.
	loseAfter      = 45 * time.Second
	releaseTimeout = 5 * time.Second
)

// kept is a lease that is renewed.
type kept struct {
	lease *azlease.BlobClient
	lose  func()
	loss  *time.Timer // goes off even while a renewal hangs
}

// keep renews a lease until release or loss. That the caller's context ends is no reason to stop: what the caller began
// may still go on.
func keep(ctx context.Context, lease *azlease.BlobClient, sent time.Time) (held context.Context, release func()) {
	held, end := context.WithCancelCause(ctx)
	renewing, stop := context.WithCancel(context.WithoutCancel(ctx))
	lose := func() {
		end(rotation.ErrLockLost)
		stop()
	}
	k := kept{lease: lease, lose: lose, loss: time.AfterFunc(time.Until(sent.Add(loseAfter)), lose)}
	var renewal sync.WaitGroup
	renewal.Go(func() { k.renewUntil(renewing, sent) })
	return held, sync.OnceFunc(func() {
		stop()
		renewal.Wait()
		k.loss.Stop()
		end(nil)
		giveBack(context.WithoutCancel(ctx), lease)
	})
}

func (k kept) renewUntil(ctx context.Context, sent time.Time) {
	pause := time.Until(sent.Add(renewEvery))
	for wait(ctx, pause) {
		pause = k.renew(ctx)
	}
}

// wait is false if ctx ended.
func wait(ctx context.Context, pause time.Duration) bool {
	select {
	case <-ctx.Done():
	case <-time.After(pause):
	}
	return ctx.Err() == nil
}

// renew tells when to do so again.
func (k kept) renew(ctx context.Context) (pause time.Duration) {
	sent := time.Now()
	err := renew(ctx, k.lease)
	if err == nil {
		k.loss.Reset(time.Until(sent.Add(loseAfter)))
		return time.Until(sent.Add(renewEvery))
	}
	if isGone(err) {
		k.lose()
	}
	return renewAgain
}

func renew(ctx context.Context, lease *azlease.BlobClient) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	_, err := lease.RenewLease(ctx, nil)
	return err
}

// giveBack spares the next worker the wait for the lease's end; that comes by itself if this fails.
func giveBack(ctx context.Context, lease *azlease.BlobClient) {
	ctx, cancel := context.WithTimeout(ctx, releaseTimeout)
	defer cancel()
	_, _ = lease.ReleaseLease(ctx, nil)
}
