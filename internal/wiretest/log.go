package wiretest

import (
	"bytes"
	"sync"
)

// Log keeps what the handler wrote.
type Log struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *Log) Write(text []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(text)
}

// String gives all that was written so far.
func (l *Log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}
