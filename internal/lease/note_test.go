package lease_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

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

// noteBlobs is the part of a storage account that keeps notes. It carries every upload out, and
// loses the first answer to each.
type noteBlobs struct {
	mu     sync.Mutex
	texts  map[string]string // by path
	losing bool
}

func (b *noteBlobs) RoundTrip(r *http.Request) (*http.Response, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	text, found := b.texts[r.URL.Path]
	etag := `"` + text + `"`
	header := canonical(r.Header)
	switch {
	case r.Method == http.MethodGet && found:
		got := answer(r, http.StatusOK, "")
		got.Header.Set("ETag", etag)
		got.Body = io.NopCloser(strings.NewReader(text))
		return got, nil
	case r.Method == http.MethodGet:
		return answer(r, http.StatusNotFound, "BlobNotFound"), nil
	case header.Get("If-None-Match") == "*" && found:
		return answer(r, http.StatusConflict, "BlobAlreadyExists"), nil
	case header.Get("If-Match") != "" && header.Get("If-Match") != etag:
		return answer(r, http.StatusPreconditionFailed, "ConditionNotMet"), nil
	}
	sent, err := io.ReadAll(r.Body)
	b.texts[r.URL.Path] = string(sent)
	if b.losing = !b.losing; b.losing {
		return nil, errors.New("the answer is lost")
	}
	return answer(r, http.StatusCreated, ""), err
}

// A lost answer to our own swap does not read as somebody else's.
func TestALostAnswerToASwapIsStillOurs(t *testing.T) {
	for _, before := range []string{"", "other"} {
		synctest.Test(t, func(t *testing.T) {
			const path = "/rotunda/note/contoso/id--x"
			blobs := &noteBlobs{texts: map[string]string{path: before}}
			if before == "" {
				delete(blobs.texts, path)
			}
			if swapped, err := worker(t, blobs, token{}).SwapNote(t.Context(), "id--x", before, "db"); err != nil || !swapped || blobs.texts[path] != "db" || !blobs.losing {
				t.Errorf("from %q: %v, %v, and it is %q", before, swapped, err, blobs.texts[path])
			}
			if swapped, err := worker(t, blobs, token{}).SwapNote(t.Context(), "id--x", before, "late"); err != nil || swapped || blobs.texts[path] != "db" {
				t.Errorf("from %q, too late: %v, %v", before, swapped, err)
			}
		})
	}
}
