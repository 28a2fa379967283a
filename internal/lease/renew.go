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
	retryAfter = 2 * time.Second // after a failure
	// loseAfter counts from before the last successful request. Nobody else gets the lease for
	// another 15 s.
	loseAfter      = 45 * time.Second
	releaseTimeout = 5 * time.Second
)

// renewer renews a lease.
type renewer struct {
	lease *azlease.BlobClient
	lose  func()
	loss  *time.Timer // calls lose, even while a renewal hangs
}

// keep renews a lease until release or loss. It goes on after the caller's context has ended,
// because what the caller began may still be running.
func keep(ctx context.Context, lease *azlease.BlobClient, sent time.Time) (held context.Context, release func()) {
	held, end := context.WithCancelCause(ctx)
	renewing, stop := context.WithCancel(context.WithoutCancel(ctx))
	lose := func() {
		end(rotation.ErrLockLost)
		stop()
	}
	k := renewer{lease: lease, lose: lose, loss: time.AfterFunc(time.Until(sent.Add(loseAfter)), lose)}
	var renewal sync.WaitGroup
	renewal.Go(func() {
		defer func() {
			if recover() != nil { // it would end the process
				lose()
			}
		}()
		k.renewUntil(renewing, sent)
	})
	return held, sync.OnceFunc(func() {
		stop()
		renewal.Wait()
		k.loss.Stop()
		end(nil)
		releaseLease(context.WithoutCancel(ctx), lease)
	})
}

// renewUntil renews the lease until ctx ends.
func (k renewer) renewUntil(ctx context.Context, sent time.Time) {
	pause := time.Until(sent.Add(renewEvery))
	for wait(ctx, pause) {
		pause = k.renew(ctx)
	}
}

// wait waits for pause, and reports whether ctx is still alive.
func wait(ctx context.Context, pause time.Duration) bool {
	select {
	case <-ctx.Done():
	case <-time.After(pause):
	}
	return ctx.Err() == nil
}

// renew renews the lease, and returns the time until the next attempt.
func (k renewer) renew(ctx context.Context) (pause time.Duration) {
	sent := time.Now()
	err := renew(ctx, k.lease)
	if err == nil {
		k.loss.Reset(time.Until(sent.Add(loseAfter)))
		return time.Until(sent.Add(renewEvery))
	}
	if isGone(err) {
		k.lose()
	}
	return retryAfter
}

func renew(ctx context.Context, lease *azlease.BlobClient) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	_, err := lease.RenewLease(ctx, nil)
	return err
}

// releaseLease saves the next worker from waiting for the end of the lease. If it fails, the
// lease ends by itself.
func releaseLease(ctx context.Context, lease *azlease.BlobClient) {
	ctx, cancel := context.WithTimeout(ctx, releaseTimeout)
	defer cancel()
	_, _ = lease.ReleaseLease(ctx, nil)
}
