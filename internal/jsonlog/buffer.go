package jsonlog

import (
	"bytes"
	"io"
	"sync"
	"time"
)

// The host reads the log through a pipe; a write to it costs more than an answer from memory. So
// lines of reads are collected for a moment; whatever else is said goes out at once.
const (
	flushAfter = 100 * time.Millisecond
	flushBytes = 32 << 10
)

// lineBuffer collects lines. There is no goroutine while it is empty.
type lineBuffer struct {
	out io.Writer

	mu    sync.Mutex
	lines bytes.Buffer
	timer *time.Timer
}

func (b *lineBuffer) Write(line []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.lines.Len() == 0 {
		b.startTimer()
	}
	b.lines.Write(line)
	if b.lines.Len() >= flushBytes {
		b.flush()
	}
	return len(line), nil
}

func (b *lineBuffer) startTimer() {
	if b.timer == nil {
		b.timer = time.AfterFunc(flushAfter, b.Flush)
		return
	}
	b.timer.Reset(flushAfter)
}

// Flush writes out what was collected.
func (b *lineBuffer) Flush() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.flush()
}

func (b *lineBuffer) flush() {
	if b.lines.Len() > 0 {
		_, _ = b.out.Write(b.lines.Bytes()) // a log that can't be written has no place to say so
		b.lines.Reset()
	}
}
