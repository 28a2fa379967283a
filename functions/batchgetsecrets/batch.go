package batchgetsecrets

import (
	"context"
	"net/http"
	"strings"
	"sync"

	"rotunda/internal/apierror"
	"rotunda/internal/budget"
	"rotunda/internal/fair"
	"rotunda/internal/wire"
)

// batch is one request. An item that it lists twice is read once.
type batch struct {
	*Reads
	of     fair.Share // in held
	guard  Guard
	fresh  bool           // bypass the cache
	listed map[key]int    // how often each item is still to be written
	found  map[key]result // read and not written by every item that lists it
	size   int            // taken from held
}

type result struct {
	reading wire.Reading
	err     error
	size    int
}

// key identifies a version of a secret. The vault ignores the case of both parts.
type key struct{ name, version string }

func keyOf(item wire.BatchItem) key {
	return key{strings.ToLower(item.Name), strings.ToLower(item.Version)}
}

func (r *Reads) newBatch(ctx context.Context, items []wire.BatchItem) *batch {
	b := &batch{Reads: r, of: fair.ShareOf(ctx, ""), listed: map[key]int{}, found: map[key]result{}}
	for _, item := range items {
		b.listed[keyOf(item)]++
	}
	return b
}

// load reads the items that are not in the cache and have not been read yet.
func (b *batch) load(ctx context.Context, items []wire.BatchItem) {
	var mu sync.Mutex
	var reads sync.WaitGroup
	for _, item := range b.missing(items) {
		reads.Go(func() {
			found := b.read(ctx, item, b.fresh)
			mu.Lock()
			defer mu.Unlock()
			b.store(keyOf(item), found)
		})
	}
	reads.Wait()
}

// missing returns the items to read, each once.
func (b *batch) missing(items []wire.BatchItem) (missing []wire.BatchItem) {
	begun := map[key]bool{}
	for _, item := range items {
		k := keyOf(item)
		if _, known := b.found[k]; known || begun[k] || item.Err != nil {
			continue
		}
		if _, cached := b.peek(item); !cached {
			begun[k] = true
			missing = append(missing, item)
		}
	}
	return missing
}

// peek returns the reading of an item from the cache, unless the caller bypasses that.
func (b *batch) peek(item wire.BatchItem) (wire.Reading, bool) {
	if b.fresh {
		return wire.Reading{}, false
	}
	return b.secrets.Peek(item.Name, item.Version)
}

// store keeps a result until it is written, or an error if there is no room for it.
func (b *batch) store(k key, found result) {
	if found.err == nil {
		found.size = found.reading.Size()
	}
	if !b.held.Take(b.of, found.size) {
		found = result{err: budget.Busy()}
	}
	b.found[k] = found
	b.size += found.size
}

// status returns the status that an item gets.
func (r result) status() int {
	if r.err != nil {
		return apierror.For(r.err).Status
	}
	return http.StatusOK
}

// version returns the version that was read, or "".
func (r result) version() string {
	if r.err != nil || r.reading.Rendered == nil {
		return ""
	}
	return r.reading.Version()
}

// settle returns the result that an item will be written with.
func (b *batch) settle(ctx context.Context, item wire.BatchItem) result {
	if item.Err != nil {
		return result{err: item.Err}
	}
	k := keyOf(item)
	if _, ok := b.found[k]; !ok {
		reading, err := b.result(ctx, item)
		b.store(k, result{reading: reading, err: err})
	}
	return b.found[k]
}

// result returns the result of an item after load.
func (b *batch) result(ctx context.Context, item wire.BatchItem) (wire.Reading, error) {
	if item.Err != nil {
		return wire.Reading{}, item.Err
	}
	if found, ok := b.found[keyOf(item)]; ok {
		return found.reading, found.err
	}
	if cached, ok := b.peek(item); ok {
		return cached, nil
	}
	found := b.read(ctx, item, b.fresh) // it left the cache after load
	return found.reading, found.err
}

// written forgets the result of an item that is not listed again.
func (b *batch) written(item wire.BatchItem) {
	k := keyOf(item)
	if b.listed[k]--; b.listed[k] == 0 {
		b.giveBack(b.found[k].size)
		delete(b.found, k)
	}
}

// end forgets all results.
func (b *batch) end() { b.giveBack(b.size) }

func (b *batch) giveBack(n int) {
	b.held.Return(b.of, n)
	b.size -= n
}
