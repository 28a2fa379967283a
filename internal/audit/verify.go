package audit

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"time"

	"rotunda/internal/lazyregexp"
)

// Source is a store to read.
type Source interface {
	List(ctx context.Context) ([]string, error)
	Read(ctx context.Context, name string) (io.ReadCloser, error)
	// Tail returns the last bytes of a file, as many as size or fewer.
	Tail(ctx context.Context, name string, size int64) ([]byte, error)
}

var (
	_ Source = (*Folder)(nil)
	_ Source = (*Blobs)(nil)
	_ Store  = (*Folder)(nil)
	_ Store  = (*Blobs)(nil)
)

// Options say what Verify reads.
type Options struct {
	// Since leaves out files of earlier hours, such as those that the store no longer keeps.
	Since time.Time
	// Heads are places that the log knows. Each must be in the store.
	Heads []Head
	// Each is called with every record whose own hash fits, if it is not nil. Files come in the
	// order of instances, and within one from the newest to the oldest.
	Each func(file string, record Record)
}

// Report says what Verify found.
type Report struct {
	Files, Instances, Records int
	// Problems are signs that somebody has changed the store.
	Problems []string
	// Notes are traces of kills and failures.
	Notes []string
	// Heads are the last records of the instances.
	Heads []Head
}

// Verify reads the audit of a store, and finds records that were changed, removed, inserted or
// moved. The error says why the store can't be read.
func Verify(ctx context.Context, source Source, options Options) (Report, error) {
	v := verifier{source: source, options: options, heads: map[string][]Head{}}
	for _, head := range options.Heads {
		v.heads[head.File] = append(v.heads[head.File], head)
	}
	names, err := source.List(ctx)
	if err != nil {
		return v.report, err
	}
	chains := v.chains(names)
	for _, instance := range slices.Sorted(maps.Keys(chains)) {
		if err := v.chain(ctx, chains[instance]); err != nil {
			return v.report, err
		}
	}
	v.missingHeads()
	return v.report, nil
}

type verifier struct {
	source  Source
	options Options
	report  Report
	heads   map[string][]Head // of the log, by file; a head that was found is removed
	last    *fileReader       // of the instance
}

// named is a file and what its name says.
type named struct {
	name, instance string
	hour           time.Time
	number         int
}

// names have the form <vault>/<date>/<hour>-<instance>-<number>.jsonl.
var nameForm = lazyregexp.New(`^([^/]+)/(\d{4}-\d{2}-\d{2}/\d{2})-([a-z0-9]+)-(\d{4,9})\.jsonl$`)

func parseName(name string) (named, error) {
	parts := nameForm().FindStringSubmatch(name)
	if parts == nil {
		return named{}, fmt.Errorf("%s: not a file of the audit", name)
	}
	hour, err := time.Parse("2006-01-02/15", parts[2])
	if err != nil {
		return named{}, fmt.Errorf("%s: not a file of the audit", name)
	}
	number, err := strconv.Atoi(parts[4])
	return named{name: name, instance: parts[1] + "/" + parts[3], hour: hour, number: number}, err
}

// chains returns the files of each instance, the newest first.
func (v *verifier) chains(names []string) map[string][]named {
	chains := map[string][]named{}
	for _, name := range names {
		file, err := parseName(name)
		if err != nil {
			v.problem("%v", err)
			continue
		}
		if !file.hour.Before(v.options.Since) {
			chains[file.instance] = append(chains[file.instance], file)
		}
	}
	for _, files := range chains {
		slices.SortFunc(files, func(a, b named) int { return b.number - a.number })
	}
	return chains
}

// chain verifies the files of one instance, of which each names the last durable record of the
// one before. A file in between to which no record was durable is named by none.
func (v *verifier) chain(ctx context.Context, files []named) error {
	v.report.Instances++
	var must *Head  // where the file before must have come to
	unknown := true // which file must come before, because there is none later or it was changed
	for i, file := range files {
		if must != nil && file.number < numberOf(must.File) {
			v.missing(must, files[i-1].name)
			must, unknown = nil, true
		}
		var until *Head
		if must != nil && must.File == file.name {
			until = must
		}
		read, err := v.file(ctx, file, until)
		if err != nil {
			return err
		}
		if read.lines == 0 {
			continue
		}
		if until == nil && !unknown {
			v.note("%s: no later file continues it, so it is not known that its %d records were durable before their requests were answered", file.name, read.records)
			continue
		}
		if v.last == nil {
			v.last = &read
		}
		must, unknown = read.previous, !read.started
	}
	v.end()
	if must != nil {
		v.missing(must, files[len(files)-1].name)
	}
	return nil
}

func numberOf(file string) int {
	parsed, _ := parseName(file)
	return parsed.number
}

// missing reports a file that another one continues, unless it is older than what is read.
func (v *verifier) missing(file *Head, by string) {
	if !v.isOld(file.File) {
		v.problem("%s: the file was removed: %s continues it after record %d", file.File, by, file.Record)
	}
}

func (v *verifier) isOld(file string) bool {
	parsed, err := parseName(file)
	return err == nil && parsed.hour.Before(v.options.Since)
}

// end notes where an instance ends.
func (v *verifier) end() {
	last := v.last
	if v.last = nil; last == nil {
		return
	}
	v.report.Heads = append(v.report.Heads, last.head)
	if !last.ended {
		v.note("%s: the instance runs, or was killed, after record %d: whether records after it were removed, only the heads in the log can show", last.name, last.head.Record)
	}
}

// missingHeads reports what the log knows and the store does not hold.
func (v *verifier) missingHeads() {
	for _, file := range slices.Sorted(maps.Keys(v.heads)) {
		for _, head := range v.heads[file] {
			if !v.isOld(file) {
				v.problem("%s: record %d is not the one that the log names, or was removed (hash %s)", file, head.Record, head.Hash)
			}
		}
	}
}

func (v *verifier) problem(format string, args ...any) {
	v.report.Problems = append(v.report.Problems, fmt.Sprintf(format, args...))
}

func (v *verifier) note(format string, args ...any) {
	v.report.Notes = append(v.report.Notes, fmt.Sprintf(format, args...))
}
