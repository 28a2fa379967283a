package audit

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"rotunda/internal/access"
)

// Read is the last time at which a caller got the value of a version of a secret.
type Read struct {
	Secret  string    `json:"secret"` // in lower case
	Version string    `json:"version,omitempty"`
	Caller  string    `json:"caller"`
	Last    time.Time `json:"last"`
	Count   int       `json:"count"`
}

type readKey struct{ secret, version, caller string }

// reads is an index by secret, version and caller. A file has one of its own records at its end,
// so that a question about a year is answered without reading all records.
type reads map[readKey]Read

// read returns what a record says about a read. Its count is 0 if that is nothing.
func (r *Record) read() Read {
	if r.Action != access.GetSecret || !r.Allowed || r.Status >= 400 {
		return Read{}
	}
	return Read{Secret: strings.ToLower(r.Secret), Version: r.Version, Caller: r.Caller, Last: r.Time, Count: 1}
}

// add adds a read to those of the same version by the same caller.
func (r reads) add(read Read) {
	if read.Count == 0 {
		return
	}
	key := readKey{read.Secret, read.Version, read.Caller}
	known := r[key]
	read.Count += known.Count
	if known.Last.After(read.Last) {
		read.Last = known.Last
	}
	r[key] = read
}

func (r reads) sorted() []Read {
	return slices.SortedFunc(maps.Values(r), func(a, b Read) int {
		return cmp.Or(cmp.Compare(a.Secret, b.Secret), a.Last.Compare(b.Last), cmp.Compare(a.Version, b.Version), cmp.Compare(a.Caller, b.Caller))
	})
}

// An index of more bytes is left out, and the records are read instead.
const (
	maxIndex   = 48 << 10
	maxIndexed = maxIndex / 64 // no read has fewer bytes
)

// addUpTo adds a read unless there are too many for an index, which bounds its memory.
func (r reads) addUpTo(read Read) {
	if len(r) <= maxIndexed {
		r.add(read)
	}
}

// index returns the index for the end of a file, and whether it is too large.
func (r reads) index() (index []Read, omitted bool) {
	if len(r) > maxIndexed {
		return nil, true
	}
	index = r.sorted()
	if len(mustMarshal(index)) > maxIndex {
		return nil, true
	}
	return index, false
}

// LastReads returns when each caller last got each version of each secret, in the files from an
// hour on, in the order of secrets and times. It does not verify them.
func LastReads(ctx context.Context, source Source, since time.Time) ([]Read, error) {
	all := reads{}
	names, err := source.List(ctx)
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		file, err := parseName(name)
		if err != nil || file.hour.Before(since) {
			continue
		}
		if err := all.file(ctx, source, name); err != nil {
			return nil, err
		}
	}
	return all.sorted(), nil
}

// file adds a file by its index, or by its records if it has none.
func (r reads) file(ctx context.Context, source Source, name string) error {
	tail, err := source.Tail(ctx, name, maxLine)
	if err != nil {
		return err
	}
	if end := endIn(tail); end != nil && !end.ReadsOmitted {
		for _, read := range end.Reads {
			r.add(read)
		}
		return nil
	}
	return eachRecord(ctx, source, name, func(record Record) { r.add(record.read()) })
}

// endIn returns the end of a file, if its last bytes have it.
func endIn(tail []byte) *end {
	tail, whole := bytes.CutSuffix(tail, []byte("\n"))
	l, err := parseLine(tail[bytes.LastIndexByte(tail, '\n')+1:])
	if !whole || err != nil {
		return nil
	}
	return l.End
}

func eachRecord(ctx context.Context, source Source, name string, each func(Record)) error {
	opened, err := source.Read(ctx, name)
	if err != nil {
		return err
	}
	defer opened.Close()
	for lines := bufio.NewReaderSize(opened, maxLine); ; {
		text, err := lines.ReadSlice('\n')
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		var l line
		if json.Unmarshal(text, &l) == nil && l.Start == nil && l.End == nil {
			each(l.Record)
		}
	}
}
