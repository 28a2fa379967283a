package jsonlog

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"math"
	"testing"
	"time"
)

// reference returns what our handler writes, and what slog's own does.
func reference(t *testing.T, handle func(slog.Handler)) (ours, slogs string) {
	t.Helper()
	var here, there bytes.Buffer
	buffer := newLineBuffer(&here)
	handle(newLineHandler(buffer, slog.LevelInfo))
	buffer.Flush()
	handle(slog.NewJSONHandler(&there, nil))
	return here.String(), there.String()
}

func FuzzLine(f *testing.F) {
	f.Add("request", "secret", "db-password", int64(200), 0.061, int64(1795467247326320852))
	f.Add("quoted \"", "key\n", "\u2028 \xff <&> \\ \x7f", int64(-1), 1e21, int64(-1))
	f.Add("", "", "", int64(math.MinInt64), 1e-7, int64(0))
	f.Add("", "", "", int64(0), math.Copysign(0, -1), int64(0))
	f.Fuzz(func(t *testing.T, message, key, text string, number int64, float float64, at int64) {
		ours, slogs := reference(t, func(handler slog.Handler) {
			record := slog.NewRecord(time.Unix(0, at), slog.Level(number%16), message, 0)
			record.AddAttrs(slog.String(key, text), slog.Int64("number", number), slog.Float64("float", float))
			_ = handler.Handle(t.Context(), record)
			_ = handler.WithAttrs([]slog.Attr{slog.String(key, text), slog.Float64(key, float)}).Handle(t.Context(), record)
		})
		if ours != slogs {
			t.Errorf("ours\n%s\nslog's\n%s", ours, slogs)
		}
	})
}

func TestOtherKindsAreSlogs(t *testing.T) {
	ours, slogs := reference(t, func(handler slog.Handler) {
		log := slog.New(clockless{handler})
		log.Info("kinds", "error", io.EOF, "took", time.Second, "yes", true, "none", nil, "group", slog.GroupValue(slog.Int("a", 1)))
		log.With("a", "b").WithGroup("g").With("c", 1).Info("nested", "d", "e")
		log.With("error", io.EOF).Info("not plain before")
		first := log.With("a", 1)
		first.With("b", 2).Info("one")
		first.With("c", 3).Info("another, from the same beginning")
		log.Debug("not at this level")
	})
	if ours != slogs {
		t.Errorf("ours\n%s\nslog's\n%s", ours, slogs)
	}
}

// clockless sets the time of each record.
type clockless struct{ slog.Handler }

func (c clockless) Handle(ctx context.Context, record slog.Record) error {
	record.Time = time.Unix(1795467247, 5).UTC()
	return c.Handler.Handle(ctx, record)
}

func (c clockless) WithAttrs(attrs []slog.Attr) slog.Handler {
	return clockless{c.Handler.WithAttrs(attrs)}
}

func (c clockless) WithGroup(name string) slog.Handler { return clockless{c.Handler.WithGroup(name)} }
