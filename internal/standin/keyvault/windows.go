package keyvault

import (
	"strings"
	"sync"
)

// process is what the real vault goes on doing after it has answered: it deletes, recovers and purges in the background.
type process string

const (
	deleting   process = "deleting"
	recovering process = "recovering"
	purging    process = "purging"
)

// windows hold the processes that are not finished: how many answers each name still gives that say so. Counting answers
// in place of seconds makes tests fast and sure.
type windows struct {
	mu   sync.Mutex
	open map[string]window
}

type window struct {
	process process
	left    int
}

func windowOf(vault, name string) string { return vault + "/" + strings.ToLower(name) }

// start begins a process that n answers will show as running. It ends whatever ran before on the name.
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

// hold tells whether this answer must be that the process still runs, and counts it if so.
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

// shorten lets no running process last longer than the faults now say.
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
