package batchgetsecrets

import (
	"context"

	"rotunda/internal/panics"
	"rotunda/internal/wire"
)

// reader reads single items, for all batches of the process.
type reader struct {
	secrets Reader
	slots   chan struct{}
}

// read returns an item's result. It turns a panic into an error, because it runs on a goroutine of
// its own.
func (r reader) read(ctx context.Context, item wire.BatchItem) (found result) {
	defer func() {
		if cause := recover(); cause != nil {
			found = result{err: panics.Error(cause)}
		}
	}()
	select {
	case r.slots <- struct{}{}:
		defer func() { <-r.slots }()
	case <-ctx.Done():
		return result{err: ctx.Err()}
	}
	reading, err := r.secrets.Read(ctx, item.Name, item.Version, false)
	return result{reading: reading, err: err}
}
