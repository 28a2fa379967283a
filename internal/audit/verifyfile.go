package audit

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"slices"
	"time"
)

// maxLine is more than the longest line: see maxText.
const maxLine = 64 << 10

// fileReader verifies one file.
type fileReader struct {
	*verifier
	named
	until    *Head // the last durable record, as the next file knows it
	head     Head  // of the last line
	lines    int
	records  int
	reads    reads
	previous *Head
	started  bool
	ended    bool
	lost     bool // the hash of the last line can't be known
	reached  bool // until was there
	covered  int  // the last record that the log names
}

// file verifies a file. The error says why it can't be read.
func (v *verifier) file(ctx context.Context, file named, until *Head) (fileReader, error) {
	f := fileReader{verifier: v, named: file, until: until, head: newChain(file.name), reads: reads{}}
	v.report.Files++
	opened, err := v.source.Read(ctx, file.name)
	if err != nil {
		return f, err
	}
	defer opened.Close()
	lines := bufio.NewReaderSize(opened, maxLine)
	for {
		text, err := lines.ReadSlice('\n')
		switch {
		case err == nil:
			f.line(text[:len(text)-1])
			continue
		case errors.Is(err, bufio.ErrBufferFull):
			f.problem("%s: what follows record %d is not a record", f.name, f.head.Record)
		case !errors.Is(err, io.EOF):
			return f, err
		default:
			f.rest(text)
		}
		f.finish()
		return f, nil
	}
}

// line verifies the next line.
func (f *fileReader) line(text []byte) {
	f.lines++
	l, err := parseLine(text)
	if err != nil {
		f.problem("%s: line %d: %v", f.name, f.lines, err)
		f.head.Record++
		f.head.Hash, f.lost = statedHash(text)
		return
	}
	f.follows(l)
	f.head, f.lost = Head{File: f.name, Record: l.Seq, Hash: l.Hash}, false
	f.compare()
	switch {
	case f.lines == 1 || l.Start != nil:
		f.start(l)
	case l.End != nil:
		f.ended = true
		f.index(*l.End)
	default:
		f.records++
		f.reads.addUpTo(l.read())
		f.report.Records++
		if f.options.Each != nil {
			f.options.Each(f.name, l.Record)
		}
	}
}

// follows checks that a line continues the one before.
func (f *fileReader) follows(l line) {
	expected := f.head.Record + 1
	switch {
	case f.ended:
		f.problem("%s: record %d comes after the end of the file", f.name, l.Seq)
	case l.Seq > expected:
		f.problem("%s: records %d to %d were removed", f.name, expected, l.Seq-1)
	case l.Seq < expected:
		f.problem("%s: record %d comes after record %d: it was moved or inserted", f.name, l.Seq, f.head.Record)
	case l.Prev != f.head.Hash && !f.lost:
		f.problem("%s: record %d does not continue the one before: one of the two was replaced, or the file comes from another place", f.name, l.Seq)
	}
}

// compare looks for the head among those that the log and the next file name.
func (f *fileReader) compare() {
	if f.until != nil && f.until.Record == f.head.Record {
		f.reached = true
		if f.until.Hash != f.head.Hash {
			f.problem("%s: record %d is not the one that the next file continues", f.name, f.head.Record)
		}
	}
	f.heads[f.name] = slices.DeleteFunc(f.heads[f.name], func(head Head) bool {
		if head != f.head {
			return false
		}
		f.covered = head.Record
		return true
	})
}

// start checks the line that begins the file.
func (f *fileReader) start(l line) {
	if l.Start == nil || f.lines > 1 || l.Start.File != f.name || l.Start.Number != f.number {
		f.problem("%s: line %d: a file must begin with one line that names it", f.name, f.lines)
		return
	}
	f.previous, f.started = l.Start.Previous, true
}

// index checks that the index of the reads is that of the records.
func (f *fileReader) index(e end) {
	index, omitted := f.reads.index()
	if omitted != e.ReadsOmitted || !slices.EqualFunc(index, e.Reads, func(a, b Read) bool {
		sameTime := a.Last.Equal(b.Last)
		a.Last, b.Last = time.Time{}, time.Time{}
		return sameTime && a == b
	}) {
		f.problem("%s: the index of reads at its end is not that of its records", f.name)
	}
}

// rest looks at what follows the last whole line.
func (f *fileReader) rest(text []byte) {
	switch {
	case len(text) == 0:
	case f.ended:
		f.problem("%s: there is half a line after the end of the file", f.name)
	default:
		f.note("%s: half a line follows record %d: the process was killed, or the store failed, while it was written, and no caller has an answer that depends on it", f.name, f.head.Record)
	}
}

// finish looks at where the file ends.
func (f *fileReader) finish() {
	switch {
	case f.until != nil && !f.reached:
		f.problem("%s: the records after %d were removed: the next file continues record %d", f.name, f.head.Record, f.until.Record)
	case f.until != nil && f.head.Record > f.until.Record:
		f.note("%s: the records after %d were written by an append that failed, so their requests were refused", f.name, f.until.Record)
	case f.lines == 0:
		f.note("%s: the file is empty: the store failed when it was created", f.name)
	}
	// What the next file continues is covered with it.
	if len(f.options.Heads) > 0 && f.until == nil && f.head.Record > f.covered {
		f.note("%s: no head in the log covers what follows record %d, so somebody who can write to the store could have made it", f.name, f.covered)
	}
}

// statedHash returns the hash that a wrong line has, and whether it has none.
func statedHash(text []byte) (hash string, none bool) {
	if len(text) <= hashEnd || !bytes.HasPrefix(text[len(text)-hashEnd:], []byte(hashKey)) {
		return "", true
	}
	return string(text[len(text)-hashSize-2 : len(text)-2]), false
}
