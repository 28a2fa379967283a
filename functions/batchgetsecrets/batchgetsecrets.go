// Package batchgetsecrets reads many secrets in one request. Key Vault has no such operation.
package batchgetsecrets

import (
	"context"
	"net/http"
	"sync"

	"rotunda/internal/apierror"
	"rotunda/internal/wire"
)

// Reader reads a version, or the latest if version is "". Peek returns a reading only if it is in
// the cache.
type Reader interface {
	Read(ctx context.Context, name, version string, fresh bool) (wire.Reading, error)
	Peek(name, version string) (wire.Reading, bool)
}

// inFlight is how many secrets all batches of this process read at the same time.
const inFlight = 32

// Handler serves POST secrets/batch-get. It returns one result per item, in the order of the
// request. If an item fails, its result is the error.
func Handler(secrets Reader) http.Handler {
	batch := batcher{secrets: secrets, slots: make(chan struct{}, inFlight)}
	return apierror.Handler(func(w http.ResponseWriter, r *http.Request) error {
		items, err := wire.ReadBatch(w, r)
		if err != nil {
			return err
		}
		return wire.WriteBatch(w, batch.read(r.Context(), items))
	})
}

type batcher struct {
	secrets Reader
	slots   chan struct{}
}

func (b batcher) read(ctx context.Context, items []wire.BatchItem) []wire.BatchAnswer {
	answers := make([]wire.BatchAnswer, len(items))
	var reads sync.WaitGroup
	for i, item := range items {
		if item.Err != nil {
			answers[i] = wire.BatchAnswer{Item: item, Err: item.Err}
		} else if found, ok := b.secrets.Peek(item.Name, item.Version); ok {
			answers[i] = wire.BatchAnswer{Item: item, Reading: found}
		} else {
			reads.Go(func() { answers[i] = b.readOne(ctx, item) })
		}
	}
	reads.Wait()
	return answers
}

func (b batcher) readOne(ctx context.Context, item wire.BatchItem) wire.BatchAnswer {
	select {
	case b.slots <- struct{}{}:
		defer func() { <-b.slots }()
	case <-ctx.Done():
		return wire.BatchAnswer{Item: item, Err: ctx.Err()}
	}
	found, err := b.secrets.Read(ctx, item.Name, item.Version, false)
	return wire.BatchAnswer{Item: item, Reading: found, Err: err}
}
