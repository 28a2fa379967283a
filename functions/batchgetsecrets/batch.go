package batchgetsecrets

import (
	"context"
	"strings"
	"sync"

	"rotunda/internal/budget"
	"rotunda/internal/wire"
)

// batch is one request. An item that it lists twice is read once.
type batch struct {
	reads  reader
	held   *budget.Bytes
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

func newBatch(reads reader, held *budget.Bytes, items []wire.BatchItem) *batch {
	b := &batch{reads: reads, held: held, listed: map[key]int{}, found: map[key]result{}}
	for _, item := range items {
		b.listed[keyOf(item)]++
	}
	return b
}

// read returns the results of some items, in their order.
func (b *batch) read(ctx context.Context, items []wire.BatchItem) []result {
	b.load(ctx, items)
	answers := make([]result, len(items))
	for i, item := range items {
		if item.Err != nil {
			answers[i].err = item.Err
			continue
		}
		k := keyOf(item)
		answers[i] = b.found[k]
		b.listed[k]--
	}
	return answers
}

// load reads the items that have not been read yet.
func (b *batch) load(ctx context.Context, items []wire.BatchItem) {
	var mu sync.Mutex
	var reads sync.WaitGroup
	begun := map[key]bool{}
	for _, item := range items {
		k := keyOf(item)
		mu.Lock()
		_, known := b.found[k]
		mu.Unlock()
		if item.Err != nil || known || begun[k] {
			continue
		}
		begun[k] = true
		if found, ok := b.reads.secrets.Peek(item.Name, item.Version); ok {
			mu.Lock()
			b.keep(k, result{reading: found})
			mu.Unlock()
			continue
		}
		reads.Go(func() {
			found := b.reads.read(ctx, item)
			mu.Lock()
			defer mu.Unlock()
			b.keep(k, found)
		})
	}
	reads.Wait()
}

// keep keeps a result until it is written, or an error if there is no room for it.
func (b *batch) keep(k key, found result) {
	if found.err == nil {
		found.size = found.reading.Size()
	}
	if !b.held.Take(found.size) {
		found = result{err: budget.Busy()}
	}
	b.found[k] = found
	b.size += found.size
}

// release forgets the results that every item has written.
func (b *batch) release() {
	for k, found := range b.found {
		if b.listed[k] == 0 {
			b.giveBack(found.size)
			delete(b.found, k)
		}
	}
}

// end forgets all results.
func (b *batch) end() { b.giveBack(b.size) }

func (b *batch) giveBack(n int) {
	b.held.Return(n)
	b.size -= n
}
