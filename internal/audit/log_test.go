package audit_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"rotunda/internal/access"
	"rotunda/internal/audit"
	"rotunda/internal/wiretest"
)

func read(name string) audit.Record {
	return audit.Record{
		Caller: "oid:anna", Action: access.GetSecret, Secret: name, Version: "v1", Allowed: true, Status: 200,
		Request: "r-" + name, Trace: "t", Address: "192.0.2.1",
	}
}

func TestRecordsAreChainedInAFilePerHour(t *testing.T) {
	dir := t.TempDir() // made outside, because its cleanup must be
	synctest.Test(t, func(t *testing.T) {
		out := &wiretest.Log{}
		log := open(t, audit.Config{Store: folder(t, dir), Log: slog.New(slog.NewJSONHandler(out, nil))})
		for i := range 3 {
			write(t, log, read(fmt.Sprint("first-", i)))
		}
		time.Sleep(time.Hour)
		write(t, log, read("second"))
		if err := log.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := log.Write(t.Context(), read("late")); !errors.Is(err, audit.ErrNotWritten) {
			t.Errorf("after Close: %v", err)
		}

		names := list(t, dir)
		if len(names) != 2 || !strings.HasPrefix(names[0], "contoso/2000-01-01/00-") || !strings.HasPrefix(names[1], "contoso/2000-01-01/01-") {
			t.Fatalf("files: %q", names)
		}
		lines := linesOf(t, dir, names[0])
		if len(lines) != 5 || !strings.Contains(lines[0], `"start":{"file":"`+names[0]) || !strings.Contains(lines[4], `"end":{"reason":"hour","reads":[{"secret":"first-0","version":"v1","caller":"oid:anna"`) {
			t.Errorf("the first file:\n%s", strings.Join(lines, "\n"))
		}
		var got audit.Record
		if err := json.Unmarshal([]byte(lines[2]), &got); err != nil {
			t.Fatal(err)
		}
		want := read("first-1")
		want.Time = got.Time
		if got != want || got.Time.IsZero() {
			t.Errorf("got %+v, want %+v", got, want)
		}
		report := verify(t, dir, audit.Options{Heads: headsOf(t, out.String())})
		if report.Records != 4 || report.Files != 2 || report.Instances != 1 || report.Problems != nil || report.Notes != nil {
			t.Errorf("%+v", report)
		}
		if heads := headsOf(t, out.String()); len(heads) != 3 || heads[2] != report.Heads[0] { // one after a minute
			t.Errorf("the log has the heads %+v; the last one is %+v", heads, report.Heads)
		}
	})
}

// headsOf returns the heads in a log.
func headsOf(t *testing.T, log string) []audit.Head {
	t.Helper()
	heads, err := audit.ReadHeads(strings.NewReader(log))
	if err != nil {
		t.Fatal(err)
	}
	return heads
}

func TestWritesOnlyLeavesOutAllowedReads(t *testing.T) {
	dir := t.TempDir()
	log := open(t, audit.Config{Store: folder(t, dir), WritesOnly: true})
	denied, set := read("denied"), read("set")
	denied.Allowed, set.Action = false, access.SetSecret
	for _, record := range []audit.Record{read("allowed"), denied, set} {
		write(t, log, record)
	}
	closeLog(t, log)
	var kept []string
	verify(t, dir, audit.Options{Each: func(_ string, r audit.Record) { kept = append(kept, r.Secret) }})
	if !slices.Equal(kept, []string{"denied", "set"}) {
		t.Errorf("kept %q", kept)
	}
}

func TestWithoutAStoreNothingIsKeptAndNothingFails(t *testing.T) {
	log := open(t, audit.Config{})
	write(t, log, read("x"))
	if err := errors.Join(log.WarmUp(t.Context()), log.Healthy(), log.Close(t.Context())); err != nil {
		t.Error(err)
	}
}

func TestAWarmUpOpensTheFile(t *testing.T) {
	dir := t.TempDir()
	log := open(t, audit.Config{Store: folder(t, dir)})
	if err := log.WarmUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	if names := list(t, dir); len(names) != 1 || len(linesOf(t, dir, names[0])) != 1 {
		t.Errorf("files: %q", names)
	}
	closeLog(t, log)
}

func TestAFieldIsBoundedAndCannotBreakALine(t *testing.T) {
	dir := t.TempDir()
	log := open(t, audit.Config{Store: folder(t, dir)})
	record := read(strings.Repeat("\x00", 100_000))
	record.Caller, record.Request = "a\n\"b\u2028\xff", strings.Repeat("ä", 10_000)
	record.Version, record.Trace, record.Address, record.Operation, record.Application = record.Secret, record.Secret, record.Secret, record.Secret, record.Secret
	write(t, log, record)
	closeLog(t, log)
	if report := verify(t, dir, audit.Options{}); report.Records != 1 || report.Problems != nil {
		t.Errorf("%+v", report)
	}
}

func TestManyAtOnceShareAppends(t *testing.T) {
	dir := t.TempDir()
	counted := &counting{Store: folder(t, dir)}
	log := open(t, audit.Config{Store: counted})
	const writers, each = 32, 30
	var all sync.WaitGroup
	for w := range writers {
		all.Go(func() {
			for i := range each {
				if err := log.Write(t.Context(), read(fmt.Sprintf("w%d-%d", w, i))); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	closeLog(t, log)
	if report := verify(t, dir, audit.Options{}); report.Records != writers*each || report.Problems != nil {
		t.Errorf("%+v", report)
	}
	if counted.appends > writers*each/2 {
		t.Errorf("%d appends for %d records", counted.appends, writers*each)
	}
}

// A queue that is full makes its callers wait; it grows no further, and loses nothing.
func TestTheQueueIsBounded(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		store := &faulty{Store: folder(t, dir)}
		store.set(func() error { time.Sleep(time.Second); return nil })
		log := open(t, audit.Config{Store: store})
		const callers = 2 * 4096
		var all sync.WaitGroup
		all.Go(func() {
			if err := log.Write(t.Context(), slices.Repeat([]audit.Record{read("batch")}, 5000)...); err != nil {
				t.Error(err)
			}
		})
		for range callers {
			all.Go(func() {
				if err := log.Write(t.Context(), read("x")); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		closeLog(t, log)
		if report := verify(t, dir, audit.Options{}); report.Records != callers+5000 || report.Problems != nil {
			t.Errorf("%+v", report)
		}
	})
}

func TestAFailureFailsThoseWhoWaitAndEndsWithAProbe(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		out := &wiretest.Log{}
		store := &faulty{Store: folder(t, dir)}
		log := open(t, audit.Config{Store: store, Log: slog.New(slog.NewJSONHandler(out, nil))})
		write(t, log, read("before"))
		store.set(func() error { time.Sleep(time.Second); return errors.New("the disk is full") })
		var all sync.WaitGroup
		for range 5 {
			all.Go(func() {
				if err := log.Write(t.Context(), read("lost")); !errors.Is(err, audit.ErrNotWritten) || !strings.Contains(err.Error(), "the disk is full") {
					t.Errorf("while the store fails: %v", err)
				}
			})
		}
		all.Wait()
		for range 10 {
			if err := log.Healthy(); !errors.Is(err, audit.ErrNotWritten) {
				t.Errorf("while the store fails: %v", err)
			}
			time.Sleep(time.Second)
		}
		store.set(nil)
		time.Sleep(3 * time.Second)
		_ = log.Healthy() // has it tried
		synctest.Wait()
		if err := log.Healthy(); err != nil {
			t.Errorf("after the probe: %v", err)
		}
		write(t, log, read("after"))
		closeLog(t, log)

		var kept []string
		report := verify(t, dir, audit.Options{Each: func(_ string, r audit.Record) { kept = append(kept, r.Secret) }})
		slices.Sort(kept)
		if report.Problems != nil || !slices.Equal(slices.Compact(kept), []string{"after", "before"}) {
			t.Errorf("kept %q: %+v", kept, report)
		}
		if got := strings.Count(out.String(), "the audit fails"); got != 1 {
			t.Errorf("%d lines about one failure: %s", got, out)
		}
		if !strings.Contains(out.String(), "the audit is written again") {
			t.Error("no line about the end of the failure")
		}
	})
}

func TestAStoreThatHangsFailsCallersAndHealth(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		store, hang := &faulty{Store: folder(t, dir)}, make(chan struct{})
		store.set(func() error { <-hang; return nil })
		log := open(t, audit.Config{Store: store})
		began := time.Now()
		if err := log.Write(t.Context(), read("x")); !errors.Is(err, audit.ErrNotWritten) || time.Since(began) > 20*time.Second {
			t.Errorf("after %v: %v", time.Since(began), err)
		}
		if err := log.Healthy(); !errors.Is(err, audit.ErrNotWritten) || !strings.Contains(err.Error(), "not answered for 15s") {
			t.Errorf("health: %v", err)
		}
		canceled, cancel := context.WithCancel(t.Context())
		cancel()
		if err := log.Write(canceled, read("y")); !errors.Is(err, audit.ErrNotWritten) || !errors.Is(err, context.Canceled) {
			t.Errorf("a caller who is gone: %v", err)
		}
		close(hang)
		synctest.Wait()
		if err := log.Healthy(); err != nil {
			t.Errorf("after the store answered: %v", err)
		}
		closeLog(t, log)
	})
}

func TestAPanicInTheStoreIsAFailure(t *testing.T) {
	store := &faulty{Store: folder(t, t.TempDir())}
	store.set(func() error { panic("canary") })
	log := open(t, audit.Config{Store: store})
	if err := log.Write(t.Context(), read("x")); !errors.Is(err, audit.ErrNotWritten) || strings.Contains(err.Error(), "canary") {
		t.Error(err)
	}
}

func open(t testing.TB, config audit.Config) *audit.Log {
	t.Helper()
	config.Vault = "Contoso"
	log, err := audit.Open(config)
	if err != nil {
		t.Fatal(err)
	}
	return log
}

func folder(t testing.TB, dir string) *audit.Folder {
	t.Helper()
	store, err := audit.OpenFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	return store
}

func write(t testing.TB, log *audit.Log, record audit.Record) {
	t.Helper()
	if err := log.Write(t.Context(), record); err != nil {
		t.Fatal(err)
	}
}

func closeLog(t testing.TB, log *audit.Log) {
	t.Helper()
	if err := log.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func verify(t testing.TB, dir string, options audit.Options) audit.Report {
	t.Helper()
	report, err := audit.Verify(t.Context(), folder(t, dir), options)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

func list(t testing.TB, dir string) []string {
	t.Helper()
	names, err := folder(t, dir).List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// hoursOf returns in how many hours files were begun: an hour may end while a test writes.
func hoursOf(names []string) int {
	hours := map[string]bool{}
	for _, name := range names {
		hours[name[:len("contoso/2026-01-31/23")]] = true
	}
	return len(hours)
}

func linesOf(t testing.TB, dir, name string) []string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
}

// counting counts appends.
type counting struct {
	audit.Store
	appends int
}

type countingFile struct {
	audit.File
	store *counting
}

func (s *counting) Create(ctx context.Context, name string) (audit.File, error) {
	file, err := s.Store.Create(ctx, name)
	return countingFile{file, s}, err
}

func (f countingFile) Append(ctx context.Context, lines []byte) error {
	f.store.appends++
	return f.File.Append(ctx, lines)
}

// faulty is a store whose appends can be made to fail.
type faulty struct {
	audit.Store
	mu    sync.Mutex
	fault func() error
}

type faultyFile struct {
	audit.File
	store *faulty
}

func (s *faulty) set(fault func() error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fault = fault
}

func (s *faulty) Create(ctx context.Context, name string) (audit.File, error) {
	file, err := s.Store.Create(ctx, name)
	return faultyFile{file, s}, err
}

func (f faultyFile) Append(ctx context.Context, lines []byte) error {
	f.store.mu.Lock()
	fault := f.store.fault
	f.store.mu.Unlock()
	if fault != nil {
		if err := fault(); err != nil {
			return err
		}
	}
	return f.File.Append(ctx, lines)
}

// Records that are written together are not durable before the last of them is, though the first
// of them may fill a batch of their own.
func TestAFailureOfAPartIsAFailureOfTheWhole(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		store := &faulty{Store: folder(t, dir)}
		first := true
		store.set(func() error {
			defer func() { first = false }()
			time.Sleep(2 * time.Second) // longer than between two tries
			if first {
				return errors.New("once")
			}
			return nil
		})
		log := open(t, audit.Config{Store: store})
		err := log.Write(t.Context(), slices.Repeat([]audit.Record{read("x")}, 5000)...)
		if !errors.Is(err, audit.ErrNotWritten) {
			t.Error(err)
		}
		synctest.Wait()
	})
}

// full is a store whose files have room for three appends.
type full struct{ audit.Store }

type fullFile struct {
	audit.File
	appends *int
}

func (s full) Create(ctx context.Context, name string) (audit.File, error) {
	file, err := s.Store.Create(ctx, name)
	return fullFile{file, new(int)}, err
}

func (f fullFile) Append(ctx context.Context, lines []byte) error {
	if *f.appends++; *f.appends > 3 {
		return errors.New("too many appends")
	}
	return f.File.Append(ctx, lines)
}

func (f fullFile) Full() bool { return *f.appends >= 2 }

func TestAFullFileIsContinuedInAnother(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) { // where no hour ends meanwhile
		log := open(t, audit.Config{Store: full{folder(t, dir)}})
		for i := range 5 {
			write(t, log, read(fmt.Sprint("n", i)))
		}
		closeLog(t, log)
	})
	if report := verify(t, dir, audit.Options{}); report.Files != 3 || report.Records != 5 || report.Problems != nil || report.Notes != nil {
		t.Errorf("%+v", report)
	}
	if lines := linesOf(t, dir, list(t, dir)[0]); !strings.Contains(lines[3], `"end":{"reason":"full"`) {
		t.Errorf("the first file:\n%s", strings.Join(lines, "\n"))
	}
}
