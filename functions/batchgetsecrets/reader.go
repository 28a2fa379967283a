package batchgetsecrets

import (
	"context"
	"errors"
	"time"

	"rotunda/internal/budget"
	"rotunda/internal/panics"
	"rotunda/internal/wire"
)

// reader reads single items, for all batches of the process.
type reader struct {
	secrets Reader
	seats   *budget.Seats
}

// read returns an item's result. It turns a panic into an error, because it runs on a goroutine of
// its own.
func (r reader) read(ctx context.Context, item wire.BatchItem, fresh bool) (found result) {
	defer func() {
		if cause := recover(); cause != nil {
			found = result{err: panics.Error(cause)}
		}
	}()
	leave, err := r.seat(ctx, item)
	if err != nil {
		return result{err: err}
	}
	defer leave()
	reading, err := r.secrets.Read(ctx, item.Name, item.Version, fresh)
	return result{reading: reading, err: err}
}

// patience is how long an item waits for a seat if memory can serve it while the vault hangs.
const patience = 500 * time.Millisecond

// seat takes a seat. While the vault hangs, items that are not in memory keep their seats until
// they fail. One that memory can serve does not wait for those: it is read without a seat.
func (r reader) seat(ctx context.Context, item wire.BatchItem) (leave func(), err error) {
	if !r.secrets.HasOlder(item.Name, item.Version) {
		return r.seats.Take(ctx)
	}
	short, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	leave, err = r.seats.Take(short)
	if ctx.Err() == nil && errors.Is(err, context.DeadlineExceeded) {
		return func() {}, nil
	}
	return leave, err
}
