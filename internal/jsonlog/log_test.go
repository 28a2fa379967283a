package jsonlog

import (
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"rotunda/internal/wiretest"
)

func TestLogIsBufferedForReadsOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := &wiretest.Log{}
		log, flush := New(out, slog.LevelInfo)
		lines := func() int { return strings.Count(out.String(), "\n") }
		for i, step := range []struct {
			say  func()
			want int
		}{
			{func() { log.Info("request", "method", "GET") }, 0},
			{func() { log.Info("request", "method", "GET") }, 0},
			{func() { time.Sleep(flushAfter + time.Millisecond) }, 2},
			{func() { log.Info("request", "method", "GET") }, 2},
			{func() { log.Info("request", "method", "PUT") }, 4},
			{func() { log.Error("request", "method", "GET") }, 5},
			{func() { log.Debug("request", "method", "PUT") }, 5},
			{func() { log.With("a", "b").WithGroup("g").Info("listening") }, 6},
			{func() { log.Info("request", "method", "GET") }, 6},
			{func() { log.With("method", "GET").Info("request") }, 6},
			{flush, 8},
		} {
			if step.say(); lines() != step.want {
				t.Errorf("step %d: %d lines written, want %d", i, lines(), step.want)
			}
		}
		log.Info("request", "method", "GET", "long", strings.Repeat("x", flushBytes))
		if synctest.Wait(); lines() != 9 {
			t.Error("a full buffer was not written")
		}
	})
}
