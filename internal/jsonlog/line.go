package jsonlog

import (
	"context"
	"log/slog"
	"strconv"
	"time"
)

// lineHandler writes plain records as slog.JSONHandler does, byte for byte, in half of its time:
// without it, goal 2 of docs/performance.md is missed. Records with other kinds of attributes,
// groups or characters to escape go to slog.JSONHandler.
type lineHandler struct {
	slog.Handler // slog's own
	out          *lineBuffer
	attrs        []byte // as JSON
	plain        bool   // so are all attributes
}

func newLineHandler(out *lineBuffer, level slog.Level) lineHandler {
	return lineHandler{Handler: slog.NewJSONHandler(out, &slog.HandlerOptions{Level: level}), out: out, plain: true}
}

func (h lineHandler) Handle(ctx context.Context, record slog.Record) error {
	var space [512]byte // on the stack
	line, plain := h.appendLine(space[:0], record)
	if !plain {
		return h.Handler.Handle(ctx, record)
	}
	_, err := h.out.Write(line)
	return err
}

func (h lineHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	h.Handler = h.Handler.WithAttrs(attrs)
	h.attrs = append([]byte(nil), h.attrs...)
	for _, attr := range attrs {
		var plain bool
		h.attrs, plain = appendAttr(h.attrs, attr)
		h.plain = h.plain && plain
	}
	return h
}

func (h lineHandler) WithGroup(name string) slog.Handler {
	h.Handler, h.plain = h.Handler.WithGroup(name), false
	return h
}

func (h lineHandler) appendLine(line []byte, record slog.Record) (_ []byte, plain bool) {
	plain = h.plain && isPlain(record.Message) && !record.Time.IsZero()
	line = append(line, `{"time":"`...)
	line = record.Time.AppendFormat(line, time.RFC3339Nano)
	line = append(line, `","level":"`...)
	line = append(line, record.Level.String()...)
	line = append(line, `","msg":"`...)
	line = append(line, record.Message...)
	line = append(line, '"')
	line = append(line, h.attrs...)
	record.Attrs(func(attr slog.Attr) bool {
		var ok bool
		line, ok = appendAttr(line, attr)
		plain = plain && ok
		return plain
	})
	return append(line, "}\n"...), plain
}

func appendAttr(line []byte, attr slog.Attr) (_ []byte, plain bool) {
	line = append(line, `,"`...)
	line = append(line, attr.Key...)
	line = append(line, `":`...)
	switch attr.Value.Kind() {
	case slog.KindString:
		text := attr.Value.String()
		line = append(line, '"')
		line = append(line, text...)
		return append(line, '"'), isPlain(attr.Key) && isPlain(text)
	case slog.KindInt64:
		return strconv.AppendInt(line, attr.Value.Int64(), 10), isPlain(attr.Key)
	case slog.KindFloat64:
		number := attr.Value.Float64()
		usual := number == 0 || number >= 1e-6 && number < 1e21 // else encoding/json writes an exponent
		return strconv.AppendFloat(line, number, 'f', -1, 64), usual && isPlain(attr.Key)
	default:
		return line, false
	}
}

// isPlain reports whether JSON writes the text as it is.
func isPlain(text string) bool {
	for i := range len(text) {
		if c := text[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}
