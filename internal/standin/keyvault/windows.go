package keyvault

import (
	"strings"
	"sync"
)

// process is what the real vault continues in the background after its response: deleting,
// recovering or purging.
type process string

const (
	deleting   process = "deleting"
	recovering process = "recovering"
	purging    process = "purging"
)

// windows are the unfinished processes: for how many more responses each name shows one. Counting
// responses instead of seconds makes tests fast and reliable.
type windows struct {
	mu   sync.Mutex
	open map[string]window
}

type window struct {
	process process
	left    int
}

func windowOf(vault, name string) string { return vault + "/" + strings.ToLower(name) }

// start begins a process that n responses will show. It ends the name's previous process.
func (w *windows) start(vault, name string, p process, n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if n == 0 {
		delete(w.open, windowOf(vault, name))
		return
	}
	if w.open == nil {
		w.open = map[string]window{}
	}
	w.open[windowOf(vault, name)] = window{p, n}
}

// hold reports whether this response must show the process, and counts it if so.
func (w *windows) hold(vault, name string, p process) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	key := windowOf(vault, name)
	found, ok := w.open[key]
	if !ok || found.process != p {
		return false
	}
	found.left--
	w.open[key] = found
	if found.left == 0 {
		delete(w.open, key)
	}
	return true
}

// shorten limits each process to what the faults now say.
func (w *windows) shorten(most map[process]int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for key, found := range w.open {
		found.left = min(found.left, most[found.process])
		w.open[key] = found
		if found.left == 0 {
			delete(w.open, key)
		}
	}
}
