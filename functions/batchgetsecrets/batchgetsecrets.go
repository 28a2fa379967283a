// Package batchgetsecrets reads many secrets in one request. Key Vault has no such operation.
package batchgetsecrets

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"slices"

	"rotunda/internal/access"
	"rotunda/internal/apierror"
	"rotunda/internal/budget"
	"rotunda/internal/secret"
	"rotunda/internal/wire"
)

// Reader reads a version, or the latest if version is "". Peek returns a reading only if it is in
// the cache, and fresh. HasOlder reports whether one is there that may serve while the vault does
// not answer.
type Reader interface {
	Read(ctx context.Context, name, version string, fresh bool) (wire.Reading, error)
	Peek(name, version string) (wire.Reading, bool)
	HasOlder(name, version string) bool
}

// Guard decides which items the caller of a context may read, and keeps what was decided, if Keeps
// reports so. If Keep returns an error, the items must not be written.
type Guard interface {
	Allows(ctx context.Context, action access.Action, name string) bool
	Forbid(ctx context.Context, action access.Action, name string) error
	Keeps() bool
	Keep(ctx context.Context, decisions ...access.Decision) error
}

const (
	// inFlight is how many secrets all batches of this process read at the same time, and how many
	// of its items a batch reads before it writes them.
	inFlight = 32
	// maxHeld is how many bytes all batches of this process have read from the vault and not
	// written yet. What is in the cache is not read before it is written, so slow callers can't
	// keep others from it.
	maxHeld = 48 << 20
)

// Reads reads the secrets of all batches of a process. Use NewReads.
type Reads struct {
	reader
	held *budget.Bytes
}

// NewReads returns the reads of a vault.
func NewReads(secrets Reader) *Reads {
	return &Reads{reader{secrets: secrets, seats: budget.NewSeats(inFlight)}, budget.NewBytes(maxHeld)}
}

// All reads all items, in the order of the request, until some can't be read for another reason
// than that they are missing. The caller must call End when it no longer holds what was read.
func (r *Reads) All(ctx context.Context, items []wire.BatchItem, fresh bool) *Held {
	b := r.newBatch(ctx, items)
	b.fresh = fresh
	held := &Held{batch: b}
	for some := range slices.Chunk(items, inFlight) {
		b.load(ctx, some)
		failed := false
		for _, item := range some {
			one := b.settle(ctx, item)
			held.Found = append(held.Found, Found{one.reading, one.err})
			failed = failed || one.err != nil && !secret.IsMissing(one.err)
		}
		if failed {
			break
		}
	}
	return held
}

// Held is what All has read, as far as it came.
type Held struct {
	Found []Found
	batch *batch
}

// More returns an error if there is no room for n more bytes, which are made of what was read.
func (h *Held) More(n int) error {
	if !h.batch.held.Take(h.batch.of, n) {
		return budget.Busy()
	}
	h.batch.size += n
	return nil
}

// End gives back all that is held. A nil Held holds nothing.
func (h *Held) End() {
	if h != nil {
		h.batch.end()
	}
}

// Found is a reading, or the error instead of it.
type Found struct {
	Reading wire.Reading
	Err     error
}

// Handler serves POST secrets/batch-get. It returns one result per item, in the order of the
// request. If an item fails, its result is the error. The response is written while the next items
// are still to be read, so a caller that does not read it holds up only its own batch.
func Handler(reads *Reads, guard Guard) http.Handler {
	return apierror.Handler(func(w http.ResponseWriter, r *http.Request) error {
		items, err := wire.ReadBatch(w, r)
		if err != nil {
			return err
		}
		batch := reads.newBatch(r.Context(), items)
		batch.guard = guard
		defer batch.end()
		batch.write(r.Context(), wire.NewBatchWriter(w), items)
		return nil
	})
}

// write reads and writes the items, a few at a time, until the caller is gone.
func (b *batch) write(ctx context.Context, out *wire.BatchWriter, items []wire.BatchItem) {
	for some := range slices.Chunk(items, inFlight) {
		b.decide(ctx, some)
		b.load(ctx, some)
		if b.guard.Keeps() {
			b.keep(ctx, some)
		}
		for _, item := range some {
			reading, err := b.result(ctx, item)
			if ctx.Err() != nil || out.Write(item, reading, err) != nil {
				return
			}
			b.written(item)
		}
	}
	out.Close()
}

// decide sets the error of the items that the caller may not read.
func (b *batch) decide(ctx context.Context, items []wire.BatchItem) {
	for i, item := range items {
		if item.Err == nil && !b.guard.Allows(ctx, access.GetSecret, item.Name) {
			items[i].Err = b.guard.Forbid(ctx, access.GetSecret, item.Name)
		}
	}
}

// keep keeps what was decided about the items, before any of them is written. If that fails, so do
// they.
func (b *batch) keep(ctx context.Context, items []wire.BatchItem) {
	decisions := make([]access.Decision, 0, len(items))
	call := access.CallFrom(ctx)
	for _, item := range items {
		if errors.Is(item.Err, secret.ErrBadParameter) {
			continue // not about a secret
		}
		found := b.settle(ctx, item)
		decisions = append(decisions, call.Complete(access.Decision{
			Action: access.GetSecret, Secret: item.Name, Version: cmp.Or(found.version(), item.Version), // as the vault spells it
			Allowed: !errors.Is(found.err, secret.ErrForbidden), Status: found.status(),
		}))
	}
	if err := b.guard.Keep(ctx, decisions...); err != nil {
		for i := range items {
			items[i].Err = err
		}
	}
}
