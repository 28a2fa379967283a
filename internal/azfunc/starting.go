package azfunc

import (
	"context"
	"net/http"
)

// Starting serves from the moment the port is open: the host's probe is answered at once, and
// requests wait until the app is put together, which takes longer than all the rest of a start.
type Starting struct {
	ready chan struct{}
	app   http.Handler // set before ready is closed
}

// NewStarting makes one that waits for Ready.
func NewStarting() *Starting { return &Starting{ready: make(chan struct{})} }

// Ready lets the requests through to app. Call it once.
func (s *Starting) Ready(app http.Handler) {
	s.app = app
	close(s.ready)
}

func (s *Starting) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	// The host asks for / until it gets any answer (WebJobs.Script/Workers/Http/DefaultHttpWorkerService.cs).
	if r.URL.Path == "/" {
		return
	}
	select {
	case <-s.ready: // without a look at the context, which would make a channel for it
	default:
		if !s.wait(r.Context()) {
			return
		}
	}
	s.app.ServeHTTP(w, r)
}

func (s *Starting) wait(ctx context.Context) (ready bool) {
	select {
	case <-s.ready:
		return true
	case <-ctx.Done():
		return false
	}
}
