package main

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"sync"
	"time"
)

// The host reads the log through a pipe; a write to it costs more than an answer from memory. So
// lines of reads are collected for a moment; whatever else is said goes out at once.
const (
	flushAfter = 100 * time.Millisecond
	flushBytes = 32 << 10
)

// newLog writes JSON lines to out, from level up. Flush it before the process ends.
func newLog(out io.Writer, level slog.Level) (*slog.Logger, *lineBuffer) {
	buffer := &lineBuffer{out: out}
	return slog.New(promptHandler{Handler: slog.NewJSONHandler(buffer, &slog.HandlerOptions{Level: level}), buffer: buffer}), buffer
}

// promptHandler sends out at once what must not be lost: warnings, and all that is no read.
type promptHandler struct {
	slog.Handler
	buffer *lineBuffer
	reads  bool // its attributes have the method GET
}

func (h promptHandler) Handle(ctx context.Context, record slog.Record) error {
	err := h.Handler.Handle(ctx, record)
	if record.Level >= slog.LevelWarn || !h.reads && !isRead(record) {
		h.buffer.Flush()
	}
	return err
}

func (h promptHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return promptHandler{h.Handler.WithAttrs(attrs), h.buffer, h.reads || slices.ContainsFunc(attrs, isGET)}
}

func (h promptHandler) WithGroup(name string) slog.Handler {
	return promptHandler{h.Handler.WithGroup(name), h.buffer, h.reads}
}

func isRead(record slog.Record) bool {
	read := false
	record.Attrs(func(a slog.Attr) bool {
		read = isGET(a)
		return !read && a.Key != "method"
	})
	return read
}

func isGET(a slog.Attr) bool { return a.Key == "method" && a.Value.String() == http.MethodGet }

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
