package audit

import (
	"context"
	"fmt"
	"time"

	"rotunda/internal/panics"
)

// batch is the records that share one append.
type batch struct {
	entries []entry
	size    int
	last    bool          // then the file ends
	want    int           // how many records the committing goroutine waits for
	enough  chan struct{} // closed when there are as many
	taken   chan struct{} // closed when it is being committed, and is closed to others
	done    chan struct{} // closed when it is durable, or err says why it is not
	err     error
}

// add adds as many entries as there is room for, and returns how many.
func (b *batch) add(entries []entry) (added int) {
	for _, e := range entries {
		if len(b.entries) >= maxBatchRecords || b.size+len(e.body) > maxBatchBytes {
			break
		}
		b.entries = append(b.entries, e)
		b.size += len(e.body)
		added++
	}
	if b.want > 0 && len(b.entries) >= b.want {
		b.want = 0
		close(b.enough)
	}
	return added
}

// wait adds entries to the next batch, and returns when they are durable. What does not fit waits
// for the batch after. Batches are committed in order.
func (l *Log) wait(ctx context.Context, entries []entry) error {
	timer := time.NewTimer(writeTimeout)
	defer timer.Stop()
	var joined []*batch
	for {
		b, added, err := l.join(entries)
		if err != nil {
			return err
		}
		entries = entries[added:]
		if added > 0 || len(entries) == 0 {
			joined = append(joined, b)
		}
		event := b.done
		if len(entries) > 0 {
			event = b.taken
		}
		select {
		case <-event:
		case <-timer.C:
			return errSlow
		case <-ctx.Done():
			return fmt.Errorf("%w: %w", ErrNotWritten, context.Cause(ctx))
		}
		if len(entries) == 0 {
			return firstFailure(joined)
		}
	}
}

// firstFailure returns the first error of batches that are done.
func firstFailure(batches []*batch) error {
	for _, b := range batches {
		if b.err != nil {
			return b.err
		}
	}
	return nil
}

// join adds entries to the next batch, and returns how many that has room for.
func (l *Log) join(entries []entry) (b *batch, added int, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return nil, 0, errClosed
	}
	if l.failed != nil && time.Since(l.began) < probeEvery {
		return nil, 0, l.failed
	}
	b = l.next()
	added = b.add(entries)
	l.commitPending()
	return b, added, nil
}

// next returns the batch that is committed next. mu is held.
func (l *Log) next() *batch {
	if l.pending == nil {
		l.pending = &batch{entries: make([]entry, 0, l.size), enough: make(chan struct{}), taken: make(chan struct{}), done: make(chan struct{})}
	}
	return l.pending
}

// commitPending has the pending batch committed, after the one that is being committed. mu is
// held.
func (l *Log) commitPending() {
	if !l.committing {
		l.committing = true
		l.began = time.Now()
		go l.commit()
	}
}

// commit commits batches until none is pending. While one is appended, the next is collected.
func (l *Log) commit() {
	for b := l.take(); b != nil; b = l.take() {
		began := time.Now()
		b.err = l.append(b)
		l.finish(b, time.Since(began))
		close(b.done)
	}
}

// take returns the next batch, which nobody can join any more, or nil if there is none.
func (l *Log) take() *batch {
	l.mu.Lock()
	defer l.mu.Unlock()
	b := l.pending
	if b == nil {
		l.committing = false
		return nil
	}
	l.gather(b)
	l.pending = nil
	l.began = time.Now()
	close(b.taken)
	return b
}

// gather waits until as many records are pending as the last append had, if that was just now and
// they come soon. Otherwise the first caller who returns would have an append alone, and all
// others would wait for it. mu is held, but not while it waits.
func (l *Log) gather(b *batch) {
	patience := min(l.took/2, maxPatience)
	if b.last || len(b.entries) >= l.size || time.Since(l.ended) > l.took {
		return
	}
	b.want = l.size
	l.mu.Unlock()
	defer l.mu.Lock()
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case <-b.enough:
	case <-timer.C:
	}
}

// append appends a batch. Its time does not depend on any of those who wait.
func (l *Log) append(b *batch) (err error) {
	ctx, cancel := context.WithTimeout(context.Background(), appendTimeout)
	defer cancel()
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("%w: %w", ErrNotWritten, panics.Error(cause))
		}
	}()
	if err := l.writer.append(ctx, b.entries, b.last); err != nil {
		return fmt.Errorf("%w: %w", ErrNotWritten, err)
	}
	return nil
}

// finish notes how a commit ended. A failure is logged when it begins and when it is over, not
// once per request.
func (l *Log) finish(b *batch, took time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.size, l.took, l.ended = len(b.entries), took, time.Now()
	err := b.err
	switch {
	case err != nil && l.failed == nil:
		l.config.Log.Error("the audit fails, so requests are refused", "error", err.Error())
	case err == nil && l.failed != nil:
		l.config.Log.Warn("the audit is written again")
	}
	l.failed = err
	if err != nil {
		return
	}
	l.head = l.writer.head
	if l.headTimer == nil && !l.closed {
		l.headTimer = time.AfterFunc(headEvery, l.logHead)
	}
}

// logHead logs the hash of the last record, so that what comes before it can be proven by the log.
func (l *Log) logHead() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.headTimer = nil
	if !l.closed {
		logHead(l.config.Log, l.head)
	}
}
