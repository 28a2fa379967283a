// Package jsonlog is the program's log: slog's JSON, one object per line, with reads buffered.
package jsonlog

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"slices"
)

// New returns a logger that writes JSON lines to out, from level up. Call flush before the process
// ends.
func New(out io.Writer, level slog.Level) (log *slog.Logger, flush func()) {
	buffer := newLineBuffer(out)
	return slog.New(promptHandler{Handler: newLineHandler(buffer, level), buffer: buffer}), buffer.Flush
}

// promptHandler flushes after each line that must not be lost: warnings, and all that is not about
// a read.
type promptHandler struct {
	slog.Handler
	buffer *lineBuffer
	reads  bool // its attributes include the method GET
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
