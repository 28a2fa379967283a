package azfunc_test

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"rotunda/internal/azfunc"
)

// caller is a ResponseWriter whose caller reads only so many bytes.
type caller struct {
	*httptest.ResponseRecorder
	reads    int
	deadline time.Time
}

func (c *caller) SetWriteDeadline(at time.Time) error {
	c.deadline = at
	return nil
}

func (c *caller) Write(text []byte) (int, error) {
	if c.deadline.IsZero() && len(text) > 32<<10 {
		return 0, errors.New("a large write without a deadline")
	}
	if c.reads -= len(text); c.reads < 0 {
		return 0, os.ErrDeadlineExceeded
	}
	return c.ResponseRecorder.Write(text)
}

// serveOne returns a router with one function at /api/f.
func serveOne(t *testing.T, out io.Writer, f http.HandlerFunc) http.Handler {
	t.Helper()
	router, err := azfunc.NewRouter(fstest.MapFS{"f/function.json": definition("f", "post")}, "api", map[string]http.Handler{"f": f}, nil,
		slog.New(slog.NewJSONHandler(out, nil)))
	if err != nil {
		t.Fatal(err)
	}
	return router
}

// tryPost reports whether the connection was broken.
func tryPost(router http.Handler, w http.ResponseWriter, body io.Reader) (broken bool) {
	defer func() {
		if cause := recover(); cause != nil {
			broken = cause == http.ErrAbortHandler //nolint:errorlint // net/http compares as well
		}
	}()
	router.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/api/f", body))
	return false
}

func TestACallerThatDoesNotReadIsCutOff(t *testing.T) {
	var out bytes.Buffer
	router := serveOne(t, &out, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(make([]byte, 1<<20)) })
	slow := &caller{ResponseRecorder: httptest.NewRecorder(), reads: 200 << 10}
	if !tryPost(router, slow, nil) || slow.Body.Len() != 192<<10 {
		t.Errorf("after %d bytes the connection was not broken", slow.Body.Len())
	}
	if !strings.Contains(out.String(), "too slowly") || !strings.Contains(out.String(), `"level":"ERROR"`) {
		t.Errorf("log: %s", out.String())
	}
	if left := time.Until(slow.deadline); left < 5*time.Second || left > 15*time.Second {
		t.Errorf("a piece may take %s", left)
	}
	quick := &caller{ResponseRecorder: httptest.NewRecorder(), reads: 2 << 20}
	if tryPost(router, quick, nil) || quick.Body.Len() != 1<<20 {
		t.Errorf("a caller that reads got %d bytes", quick.Body.Len())
	}
}

// blocked is a ResponseWriter whose caller does not read until it is released.
type blocked struct {
	*httptest.ResponseRecorder
	begun, release chan struct{}
}

func (b *blocked) Write(text []byte) (int, error) {
	select {
	case b.begun <- struct{}{}:
		<-b.release
	default:
	}
	return b.ResponseRecorder.Write(text)
}

func TestUnreadResponsesAreBounded(t *testing.T) {
	large := make([]byte, 20<<20)
	router := serveOne(t, io.Discard, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", "1")
		w.Header().Set("ETag", `"0123"`)
		if r.Header.Get("Small") != "" {
			_, _ = w.Write([]byte("small"))
			return
		}
		w.WriteHeader(http.StatusAccepted)
		_, _ = w.Write(large)
	})
	first := &blocked{httptest.NewRecorder(), make(chan struct{}), make(chan struct{})}
	ended := make(chan bool)
	go func() { ended <- tryPost(router, first, nil) }()
	<-first.begun
	second := ask(router, http.MethodPost, "/api/f")
	if second.Code != http.StatusServiceUnavailable || second.Header().Get("Retry-After") == "" || second.Header().Get("ETag") != "" ||
		second.Header().Get("Content-Length") != "" || !strings.Contains(second.Body.String(), "ServerBusy") {
		t.Errorf("a second large response: %d %v", second.Code, second.Header())
	}
	small := httptest.NewRequest(http.MethodPost, "/api/f", nil)
	small.Header.Set("Small", "yes")
	w := httptest.NewRecorder()
	if router.ServeHTTP(w, small); w.Body.String() != "small" {
		t.Errorf("a small response: %d %s", w.Code, w.Body)
	}
	close(first.release)
	if broken := <-ended; broken || first.Code != http.StatusAccepted || first.Body.Len() != len(large) {
		t.Errorf("the first response: %d with %d bytes", first.Code, first.Body.Len())
	}
	if again := ask(router, http.MethodPost, "/api/f"); again.Code != http.StatusAccepted {
		t.Errorf("when there is room again: %d", again.Code)
	}
}

// A caller that does not read what it has requested leaves room for others.
func TestOneCallersUnreadResponsesLeaveRoomForOthers(t *testing.T) {
	router := serveOne(t, io.Discard, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(make([]byte, 2<<20)) })
	release, ended := make(chan struct{}), make(chan struct{}, 16)
	for range cap(ended) {
		slow := &blocked{httptest.NewRecorder(), make(chan struct{}, 1), release}
		go func() {
			r := httptest.NewRequest(http.MethodPost, "/api/f", nil)
			r.Header.Set("X-Functions-Key", "slow")
			router.ServeHTTP(slow, r)
			ended <- struct{}{}
		}()
		<-slow.begun // of its response, or of a refusal
	}
	r := httptest.NewRequest(http.MethodPost, "/api/f", nil)
	r.Header.Set("X-Functions-Key", "quick")
	w := httptest.NewRecorder()
	if router.ServeHTTP(w, r); w.Code != http.StatusOK || w.Body.Len() != 2<<20 {
		t.Errorf("another caller: %d with %d bytes", w.Code, w.Body.Len())
	}
	close(release)
	for range cap(ended) {
		<-ended
	}
}

// counted counts what is read of it.
type counted struct {
	io.Reader
	read int
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.read += n
	return n, err
}

func TestBodiesAreBoundedAndDropped(t *testing.T) {
	release, held := make(chan struct{}), make(chan struct{}, 1)
	router := serveOne(t, io.Discard, func(w http.ResponseWriter, r *http.Request) {
		switch r.Header.Get("Do") {
		case "hold":
			_, _ = io.CopyN(io.Discard, r.Body, 32<<20)
			held <- struct{}{}
			<-release
		case "read":
			if _, err := io.ReadAll(r.Body); err != nil {
				http.Error(w, err.Error(), http.StatusServiceUnavailable)
			}
		}
	})
	send := func(do string, size int) (status, read int) {
		body := &counted{Reader: io.LimitReader(zeros{}, int64(size))}
		r := httptest.NewRequest(http.MethodPost, "/api/f", body)
		r.Header.Set("Do", do)
		w := httptest.NewRecorder()
		router.ServeHTTP(w, r)
		return w.Code, body.read
	}
	ended := make(chan int)
	go func() {
		status, _ := send("hold", 40<<20)
		ended <- status
	}()
	<-held
	if status, read := send("read", 1<<20); status != http.StatusServiceUnavailable || read != 1<<20 {
		t.Errorf("with too much held: %d after %d bytes, want 503 and the rest dropped", status, read)
	}
	close(release)
	if status := <-ended; status != http.StatusOK {
		t.Errorf("the first: %d", status)
	}
	if status, _ := send("read", 1<<20); status != http.StatusOK {
		t.Errorf("when there is room again: %d", status)
	}
	if _, read := send("nothing", 10<<20); read != 10<<20 {
		t.Errorf("of a body that nobody reads, %d bytes were dropped", read)
	}
	if _, read := send("nothing", 40<<20); read > 33<<20 {
		t.Errorf("of an endless body, %d bytes were read", read)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { return len(p), nil }
