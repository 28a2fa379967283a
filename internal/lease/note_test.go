package lease_test

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"rotunda/internal/lease"
	"rotunda/internal/rotation"
)

// testNotes takes a ledger through the life of a note.
func testNotes(t *testing.T, ledger rotation.Ledger) {
	t.Helper()
	mustRead := func(name, want string) {
		t.Helper()
		if got, err := ledger.ReadNote(t.Context(), name); err != nil || got != want {
			t.Errorf("the note of %s is %.20q, %v; want %.20q", name, got, err, want)
		}
	}
	mustWrite := func(name, text string) {
		t.Helper()
		if err := ledger.WriteNote(t.Context(), name, text); err != nil {
			t.Errorf("writing the note of %s: %v", name, err)
		}
	}
	mustRead("Db", "")
	mustWrite("Db", "")
	mustWrite("Db", "one")
	mustWrite("db-2", "other")
	mustRead("db", "one")
	mustWrite("dB", strings.Repeat("x", rotation.MaxNote))
	mustRead("db", strings.Repeat("x", rotation.MaxNote))
	mustWrite("db", "")
	mustRead("db", "")
	mustRead("db-2", "other")
	mustSwap := func(old, text string, want bool) {
		t.Helper()
		if swapped, err := ledger.SwapNote(t.Context(), "db-3", old, text); err != nil || swapped != want {
			t.Errorf("%q replaces %q: %v, %v", text, old, swapped, err)
		}
	}
	mustSwap("one", "two", false)
	mustSwap("", "one", true)
	mustSwap("", "two", false)
	mustSwap("two", "three", false)
	mustSwap("one", "two", true)
	mustRead("db-3", "two")
	mustSwapOnce(t, ledger)
	if _, err := ledger.ReadNote(t.Context(), "../db"); err == nil {
		t.Error("a name that leads elsewhere is accepted")
	}
	if err := ledger.WriteNote(t.Context(), "a/b", "x"); err == nil {
		t.Error("a name that leads elsewhere is accepted")
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if err := ledger.WriteNote(gone, "db", "late"); !errors.Is(err, context.Canceled) {
		t.Errorf("after the caller has gone: %v", err)
	}
}

// mustSwapOnce lets many swap one note: one of them succeeds.
func mustSwapOnce(t *testing.T, ledger rotation.Ledger) {
	t.Helper()
	var swaps atomic.Int64
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			swapped, err := ledger.SwapNote(t.Context(), "db-4", "", strconv.Itoa(i))
			if err != nil {
				t.Errorf("swapping: %v", err)
			}
			if swapped {
				swaps.Add(1)
			}
		})
	}
	all.Wait()
	if got := swaps.Load(); got != 1 {
		t.Errorf("%d of 8 swapped one note", got)
	}
}

func TestNotesInFiles(t *testing.T) {
	files := lease.File{Dir: t.TempDir()}
	testNotes(t, files)
	if _, release, err := files.Lock(t.Context(), "db-2"); err != nil {
		t.Errorf("beside a note: %v", err)
	} else {
		release()
	}
}
