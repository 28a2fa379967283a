package azfunc

import (
	"context"
	"net/http"
)

// Starting serves as soon as the port is open. It responds to the host's probe immediately, and
// requests wait until the app is assembled, which takes most of the time of a start.
type Starting struct {
	ready chan struct{}
	app   http.Handler // set before ready is closed
}

// NewStarting returns a Starting whose requests wait for Ready.
func NewStarting() *Starting { return &Starting{ready: make(chan struct{})} }

// Ready passes waiting and later requests to app. Call it once.
func (s *Starting) Ready(app http.Handler) {
	s.app = app
	close(s.ready)
}

func (s *Starting) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	// The host requests / until it gets any response
	// (WebJobs.Script/Workers/Http/DefaultHttpWorkerService.cs).
	if r.URL.Path == "/" {
		return
	}
	select {
	case <-s.ready: // without r.Context().Done(), which would allocate a channel
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
