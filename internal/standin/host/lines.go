package host

import (
	"bytes"
	"io"
	"slices"
	"strings"
	"sync"
)

// console takes the handler's output, line by line.
type console struct {
	mu     sync.Mutex
	out    io.Writer // may be nil
	report func(stream, line string)
	stderr []string
}

const (
	stdoutName = "stdout"
	stderrName = "stderr"
	lastLines  = 3 // of stderr, that go with the error when the handler exits
)

func (c *console) line(stream, text string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if stream == stderrName {
		c.stderr = append(c.stderr, text)
	}
	if c.out == nil {
		c.report(stream, text)
		return
	}
	_, _ = io.WriteString(c.out, stream+": "+text+"\n") // the handler's output may be lost, its requests may not
}

func (c *console) stderrLines() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.stderr)
}

// lastWords are the last lines of stderr, for the error that reports an exit.
func (c *console) lastWords() string {
	lines := c.stderrLines()
	return strings.Join(lines[max(0, len(lines)-lastLines):], " | ")
}

// lineWriter cuts what one stream of one process writes into lines.
type lineWriter struct {
	to      *console
	stream  string
	partial []byte
}

func (w *lineWriter) Write(p []byte) (int, error) {
	w.partial = append(w.partial, p...)
	for {
		line, rest, found := bytes.Cut(w.partial, []byte("\n"))
		if !found {
			return len(p), nil
		}
		w.to.line(w.stream, strings.TrimSuffix(string(line), "\r"))
		w.partial = rest
	}
}

// flush passes on a last line without an end. Call it when the process has ended.
func (w *lineWriter) flush() {
	if len(w.partial) > 0 {
		w.to.line(w.stream, string(w.partial))
		w.partial = nil
	}
}
