// Package audit keeps the record of who did what to which secret: one line of JSON per decision,
// each with the hash of the one before. Write returns when a record is durable, in a folder or in
// append blobs. Verify finds records that were changed, removed, inserted or moved.
//
// The hashes have no key. Who may write to the store can compute all hashes after a change anew;
// docs/access-rules.md says how that is prevented or found.
package audit

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"
)

// ErrNotWritten is the error of a record that is not known to be durable. The cause follows it.
var ErrNotWritten = errors.New("the audit can't be written")

var (
	errClosed = fmt.Errorf("%w: the app is stopping", ErrNotWritten)
	errSlow   = fmt.Errorf("%w: the store did not answer within %v", ErrNotWritten, writeTimeout)
)

// Config configures a Log.
type Config struct {
	Store Store // nil: nothing is kept, and Write does nothing
	Vault string
	// WritesOnly leaves out reads that are allowed.
	WritesOnly bool
	Log        *slog.Logger
}

// Store keeps files, whose names have slashes. A file is created once and then only appended to.
type Store interface {
	Create(ctx context.Context, name string) (File, error)
}

// File is a new file of a store. After an error the file is not used any more.
type File interface {
	// Append returns nil when the lines are durable.
	Append(ctx context.Context, lines []byte) error
	// Full reports whether the file has room for only one more Append.
	Full() bool
	Close() error
}

const (
	// A batch fits into one block of an append blob, which holds 4 MiB, also with its hashes.
	maxBatchRecords = 4096
	maxBatchBytes   = 1 << 20

	appendTimeout = 10 * time.Second // of an append, including a new file
	writeTimeout  = 15 * time.Second // of a Write, whose batch may have to wait for another
	maxPatience   = 5 * time.Millisecond
	probeEvery    = time.Second // while the store fails
	headEvery     = time.Minute // between lines of the log with the head
)

// Log is one instance's part of the audit. All records that wait share one append.
type Log struct {
	config Config
	writer writer // belongs to the goroutine that commits

	mu         sync.Mutex
	pending    *batch
	committing bool
	closed     bool
	began      time.Time // the last commit
	failed     error     // of the last commit
	head       Head      // after the last commit that did not fail
	size       int       // of the last commit
	took       time.Duration
	ended      time.Time
	headTimer  *time.Timer
}

// Open returns a Log. It creates no file yet.
func Open(config Config) (*Log, error) {
	if config.Store != nil && config.Vault == "" {
		return nil, errors.New("the audit needs the name of the vault")
	}
	if config.Log == nil {
		config.Log = slog.New(slog.DiscardHandler)
	}
	return &Log{config: config, writer: writer{
		store: config.Store, log: config.Log, vault: strings.ToLower(config.Vault), instance: strings.ToLower(rand.Text()[:12]),
	}}, nil
}

// Write returns nil when the records are durable. Every error is an ErrNotWritten: it is not known
// whether they are in the store, and the caller must not get what it asked for.
func (l *Log) Write(ctx context.Context, records ...Record) error {
	if l.config.Store == nil {
		return nil
	}
	var one [1]entry
	entries := one[:0]
	for _, record := range records {
		if !l.config.WritesOnly || !record.Reads() {
			entries = append(entries, record.entry())
		}
	}
	if len(entries) == 0 {
		return nil
	}
	return l.wait(ctx, entries)
}

// WarmUp opens the first file, so that no request has to wait for it, and a store that can't be
// written shows at the start.
func (l *Log) WarmUp(ctx context.Context) error {
	if l.config.Store == nil {
		return nil
	}
	return l.wait(ctx, nil)
}

// Healthy returns nil if a record can be written, as far as is known. If it can't, the app must
// refuse requests before it touches anything. While Healthy is asked, it has the store tried again
// once a second.
func (l *Log) Healthy() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	waited := time.Since(l.began)
	switch {
	case l.closed:
		return errClosed
	case l.committing && waited > appendTimeout:
		return fmt.Errorf("%w: the store has not answered for %v", ErrNotWritten, waited.Round(time.Second))
	case l.failed != nil && waited >= probeEvery && !l.committing:
		l.next()
		l.commitPending()
	}
	return l.failed
}

// Close writes what waits, and ends the file.
func (l *Log) Close(ctx context.Context) error {
	l.mu.Lock()
	if l.closed || l.config.Store == nil {
		l.mu.Unlock()
		return nil
	}
	l.closed = true
	last := l.next()
	last.last = true
	l.commitPending()
	l.mu.Unlock()
	select {
	case <-last.done:
		return last.err
	case <-ctx.Done():
		return fmt.Errorf("%w: %w", ErrNotWritten, context.Cause(ctx))
	}
}
