package jsonlog

import (
	"io"
	"sync"
	"time"
)

// The host reads the log through a pipe, and a write to a pipe costs more than an answer from
// memory. So lines about reads are collected for a moment; all other lines are written at once.
const (
	flushAfter = 100 * time.Millisecond
	flushBytes = 32 << 10
)

// lineBuffer collects lines and writes them in order. While one batch is written, the next is
// collected: nobody holds mu during a write. If both are full, Write waits, which bounds memory
// when the pipe is slow. An idle buffer has no goroutine.
type lineBuffer struct {
	out io.Writer

	mu        sync.Mutex
	changed   sync.Cond // on mu: a write began or ended
	lines     []byte    // collected and not yet written
	spare     []byte    // memory for the next batch, when no write is in progress
	writing   bool
	collected int64 // bytes since the start, as is written
	written   int64
	timer     *time.Timer
}

func newLineBuffer(out io.Writer) *lineBuffer {
	b := &lineBuffer{out: out}
	b.changed.L = &b.mu
	return b
}

// Write collects a line.
func (b *lineBuffer) Write(line []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for len(b.lines) >= flushBytes {
		b.changed.Wait()
	}
	if len(b.lines) == 0 {
		b.flushIn(flushAfter)
	}
	b.lines = append(b.lines, line...)
	b.collected += int64(len(line))
	if len(b.lines) >= flushBytes {
		b.flushIn(0)
	}
	return len(line), nil
}

func (b *lineBuffer) flushIn(delay time.Duration) {
	if b.timer == nil {
		b.timer = time.AfterFunc(delay, b.Flush)
		return
	}
	b.timer.Reset(delay)
}

// Flush returns when everything collected before the call has been written.
func (b *lineBuffer) Flush() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for end := b.collected; b.written < end; {
		if b.writing {
			b.changed.Wait()
		} else {
			b.writeLines()
		}
	}
}

// writeLines writes what has been collected. It releases mu during the write.
func (b *lineBuffer) writeLines() {
	lines := b.lines
	b.lines, b.spare, b.writing = b.spare[:0], nil, true
	b.changed.Broadcast() // Write has room again
	b.mu.Unlock()
	b.write(lines)
	b.mu.Lock()
	b.spare, b.writing = lines, false
	b.written += int64(len(lines))
	b.changed.Broadcast()
}

// write writes lines. If the log can't be written, there is no place to report that. A panic on
// the timer's goroutine would end the process.
func (b *lineBuffer) write(lines []byte) {
	defer func() { _ = recover() }()
	_, _ = b.out.Write(lines)
}
