package jsonlog

import (
	"io"
	stdlog "log"
	"log/slog"
	"strings"
)

// TakeLibraries has what libraries write to the standard log written to this one, without what
// they quote. net/http quotes what a server sends unasked, which may be a token that it was sent.
func TakeLibraries(log *slog.Logger) {
	stdlog.SetFlags(0)
	stdlog.SetOutput(libraries(log))
}

func libraries(log *slog.Logger) io.Writer { return library{log} }

type library struct{ log *slog.Logger }

// Write implements io.Writer. The standard log writes one message at a time.
func (l library) Write(message []byte) (int, error) {
	text, _, _ := strings.Cut(string(message), "\n")
	if begin, _, quotes := strings.Cut(text, `"`); quotes {
		text = begin + "…"
	}
	l.log.Warn("a library reports", "error", text)
	return len(message), nil
}
