package audit

import (
	"context"
	"fmt"
	"log/slog"
	"time"
)

// suffix is how the name of every file ends.
const suffix = ".jsonl"

// writer writes the files of one instance, one after another. A file is never opened again: not
// by another process, as the instance is part of its name, and not after a failed append, which
// may have left half a line.
type writer struct {
	store    Store
	log      *slog.Logger
	vault    string
	instance string

	number   int    // of the last file
	file     File   // nil: none is open
	hour     string // of the open file
	head     Head   // of the last file, as far as it is durable
	previous *Head  // of the file before the open one
	reads    reads  // of the open file

	bodies [][]byte // memory that appends share
	lines  []byte
}

// append makes records durable. It begins a new file every hour, when a file is full, and after a
// failure. If they are the last ones, it ends the file.
func (w *writer) append(ctx context.Context, entries []entry, last bool) error {
	now := time.Now().UTC()
	if last && w.file == nil && len(entries) == 0 {
		return nil
	}
	if err := w.open(ctx, now); err != nil {
		return err
	}
	w.bodies = w.bodies[:0]
	if w.head.Record == 0 {
		first := start{File: w.head.File, Instance: w.instance, Number: w.number, Previous: w.previous}
		w.bodies = append(w.bodies, startBody(now, first))
	}
	for _, entry := range entries {
		w.bodies = append(w.bodies, entry.body)
	}
	if err := w.seal(ctx, w.bodies...); err != nil {
		return err
	}
	for _, entry := range entries {
		w.reads.addUpTo(entry.read)
	}
	if last {
		_ = w.end(ctx, now, "stop") // the records are durable
	}
	return nil
}

// open opens a file for the hour, unless the open one is that and has room.
func (w *writer) open(ctx context.Context, now time.Time) error {
	hour := now.Format("2006-01-02/15")
	if w.file != nil && w.hour != hour {
		_ = w.end(ctx, now, "hour") // a failure leaves the file without an end, and shows below
	}
	if w.file != nil && w.file.Full() {
		_ = w.end(ctx, now, "full")
	}
	if w.file != nil {
		return nil
	}
	w.number++
	name := fmt.Sprintf("%s/%s-%s-%04d%s", w.vault, hour, w.instance, w.number, suffix)
	file, err := w.store.Create(ctx, name)
	if err != nil {
		return err
	}
	if w.head.Record > 0 {
		previous := w.head
		w.previous = &previous
	}
	w.file, w.hour, w.head, w.reads = file, hour, newChain(name), reads{}
	return nil
}

// seal appends lines to the open file. The head moves when they are durable.
func (w *writer) seal(ctx context.Context, bodies ...[]byte) error {
	if len(bodies) == 0 {
		return nil
	}
	head := w.head
	w.lines = w.lines[:0]
	for _, body := range bodies {
		w.lines = head.seal(w.lines, body)
	}
	if err := w.file.Append(ctx, w.lines); err != nil {
		w.lines = nil // an HTTP client may read it for a moment longer
		w.close()
		return err
	}
	w.head = head
	return nil
}

func (w *writer) end(ctx context.Context, now time.Time, reason string) error {
	index, omitted := w.reads.index()
	if err := w.seal(ctx, endBody(now, end{reason, index, omitted})); err != nil {
		return err
	}
	w.close()
	logHead(w.log, w.head)
	return nil
}

func (w *writer) close() {
	_ = w.file.Close() // what counts is durable
	w.file = nil
}
