package jsonlog

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"rotunda/internal/wiretest"
)

// pipe is an io.Writer whose writes take a while, and may fail.
type pipe struct {
	wiretest.Log
	takes time.Duration
	err   error

	mu      sync.Mutex
	writing bool
	overlap bool
}

func (p *pipe) Write(text []byte) (int, error) {
	p.set(true)
	defer p.set(false)
	time.Sleep(p.takes) // in the test's own time
	if p.err != nil {
		return 0, p.err
	}
	return p.Log.Write(text)
}

func (p *pipe) set(writing bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.overlap = p.overlap || writing && p.writing
	p.writing = writing
}

// filler is a line that fills the buffer.
var filler = []byte(strings.Repeat("x", flushBytes-1) + "\n")

func TestReadsAreCollectedWhileThePipeIsSlow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := &pipe{takes: time.Minute}
		buffer, began := newLineBuffer(out), time.Now()
		_, _ = buffer.Write([]byte("first\n"))
		time.Sleep(flushAfter + time.Second) // its write is in progress
		for range 100 {
			_, _ = buffer.Write([]byte("more\n"))
		}
		if waited := time.Since(began); waited > flushAfter+time.Second {
			t.Errorf("lines waited %s for the pipe", waited)
		}
		buffer.Flush()
		if want := "first\n" + strings.Repeat("more\n", 100); out.String() != want {
			t.Errorf("wrote %q", out.String())
		}
	})
}

func TestAWriterWaitsWhenBothBuffersAreFull(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := &pipe{takes: time.Minute}
		buffer, began := newLineBuffer(out), time.Now()
		for range 2 {
			_, _ = buffer.Write(filler)
			synctest.Wait()
		}
		if waited := time.Since(began); waited != 0 {
			t.Errorf("the first two waited %s", waited)
		}
		_, _ = buffer.Write(filler)
		if waited := time.Since(began); waited != time.Minute {
			t.Errorf("the third waited %s, want until the first was written", waited)
		}
		buffer.Flush()
		if got := len(out.String()); got != 3*len(filler) {
			t.Errorf("wrote %d bytes, want %d", got, 3*len(filler))
		}
	})
}

func TestFlushWaitsForAWriteInProgress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := &pipe{takes: time.Minute}
		buffer := newLineBuffer(out)
		_, _ = buffer.Write([]byte("line\n"))
		time.Sleep(flushAfter + time.Second)
		buffer.Flush()
		if out.String() != "line\n" {
			t.Errorf("Flush returned before the write ended: %q", out.String())
		}
	})
}

func TestAFailingPipeBlocksNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := &pipe{takes: time.Second, err: errors.New("broken")}
		buffer := newLineBuffer(out)
		for range 5 {
			_, _ = buffer.Write(filler)
		}
		buffer.Flush()
		out.err = nil
		_, _ = buffer.Write([]byte("after\n"))
		buffer.Flush()
		if out.String() != "after\n" {
			t.Errorf("wrote %q, want only what came after the failure", out.String())
		}
	})
}

// The timer's goroutine is the log's own, so nobody else would recover its panic.
func TestAWriterThatPanicsEndsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := &panicking{}
		buffer := newLineBuffer(out)
		_, _ = buffer.Write([]byte("lost\n"))
		time.Sleep(2 * flushAfter)
		out.calm.Store(true)
		_, _ = buffer.Write([]byte("after\n"))
		buffer.Flush()
		if out.String() != "after\n" {
			t.Errorf("wrote %q", out.String())
		}
	})
}

type panicking struct {
	wiretest.Log
	calm atomic.Bool
}

func (p *panicking) Write(text []byte) (int, error) {
	if !p.calm.Load() {
		panic("canary")
	}
	return p.Log.Write(text)
}

// Many loggers at once: every line is written whole, once, and in its logger's order.
func TestConcurrentLines(t *testing.T) {
	const loggers, each = 16, 500
	out := &pipe{}
	log, flush := New(out, slog.LevelInfo)
	var all sync.WaitGroup
	for logger := range loggers {
		all.Go(func() {
			method := map[bool]string{true: "PUT", false: "GET"}[logger == 0]
			for i := range each {
				log.Info("request", "method", method, "logger", logger, "line", i)
			}
		})
	}
	all.Wait()
	flush()
	next := make([]int, loggers)
	for line := range strings.Lines(out.String()) {
		_, numbers, _ := strings.Cut(line, `"logger":`)
		var logger, i int
		if _, err := fmt.Sscanf(numbers, `%d,"line":%d}`, &logger, &i); err != nil || next[logger] != i {
			t.Fatalf("after line %d of this logger: %s (%v)", next[logger], line, err)
		}
		next[logger]++
	}
	for logger, lines := range next {
		if lines != each {
			t.Errorf("logger %d: %d lines, want %d", logger, lines, each)
		}
	}
	if out.overlap {
		t.Error("two writes to the pipe at the same time")
	}
}
