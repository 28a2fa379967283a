package wiretest

import (
	"bytes"
	"strings"
	"sync"
	"time"
)

// Log is an io.Writer that keeps what is written to it.
type Log struct {
	mu    sync.Mutex
	text  bytes.Buffer
	wrote chan struct{} // closed at the next write; nil if nobody waits
}

func (l *Log) Write(text []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.wrote != nil {
		close(l.wrote)
		l.wrote = nil
	}
	return l.text.Write(text)
}

// String returns everything written so far.
func (l *Log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// Has reports whether the log contains text. What a program has written takes a moment to come
// through its pipe, so Has waits for it, and gives up after a minute.
func (l *Log) Has(text string) bool {
	tooLong := make(chan error, 1)
	defer time.AfterFunc(time.Minute, func() { tooLong <- nil }).Stop()
	return l.Await(text, tooLong)
}

// Await waits until the log contains text, and returns true. If ended has a value first, Await
// puts it back and returns false.
func (l *Log) Await(text string, ended chan error) bool {
	for {
		l.mu.Lock()
		if strings.Contains(l.text.String(), text) {
			l.mu.Unlock()
			return true
		}
		if l.wrote == nil {
			l.wrote = make(chan struct{})
		}
		wrote := l.wrote
		l.mu.Unlock()
		select {
		case <-wrote:
		case err := <-ended:
			ended <- err
			return false
		}
	}
}
