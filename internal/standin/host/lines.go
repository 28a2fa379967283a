package host

import (
	"bytes"
	"io"
	"strings"
	"sync"
)

// console receives the handler's output, line by line.
type console struct {
	mu   sync.Mutex
	out  io.Writer
	last []string // the last lines of stderr, for the error about an exit
}

const (
	stdoutName = "stdout"
	stderrName = "stderr"
	lastLines  = 3
)

func (c *console) line(stream, text string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if stream == stderrName {
		c.last = append(c.last, text)
		c.last = c.last[max(0, len(c.last)-lastLines):]
	}
	_, _ = io.WriteString(c.out, stream+": "+text+"\n") // the handler's output may be lost, its requests may not
}

func (c *console) lastStderr() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return strings.Join(c.last, " | ")
}

// lineWriter splits what one process writes to one stream into lines.
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

// flush passes on an unfinished last line. Call it when the process has ended.
func (w *lineWriter) flush() {
	if len(w.partial) > 0 {
		w.to.line(w.stream, string(w.partial))
		w.partial = nil
	}
}
