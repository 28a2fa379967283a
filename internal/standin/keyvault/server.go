package keyvault

import (
	"net/http"
)

// Server is all vaults: the first label of a request's host names one, which is empty until it is
// written to.
type Server struct {
	options Options
	store   store
	windows windows
	faults  injector
	counter counter

	subscribers subscribers
	watches     watches
}

var _ http.Handler = (*Server)(nil)

// New opens the vaults. It fails if an option is not valid, or the data file can't be opened.
func New(opts Options) (*Server, error) {
	opts, err := opts.withDefaults()
	if err != nil {
		return nil, err
	}
	s := &Server{options: opts, store: newMemory()}
	if opts.DataFile != "" {
		kept, err := openDisk(opts.DataFile)
		if err != nil {
			return nil, err
		}
		s.store = kept
	}
	return s, nil
}

// Close ends all subscriptions and closes the data file. Then every call fails.
func (s *Server) Close() error {
	s.watches.close()
	s.subscribers.close()
	return s.store.close()
}

// ServeHTTP serves one request. Authentication comes first: even a path that does not exist gets
// a challenge.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.counter.enter()
	defer s.counter.leave()
	pause(r.Context(), s.faults.current().Latency)
	stamp(w.Header(), r)
	caller, err := s.signIn(r)
	if err != nil {
		s.challenge(w, err)
		return
	}
	s.answer(w, newCall(r, caller, s.options.Now()))
}

func (s *Server) answer(w http.ResponseWriter, c *call) {
	s.counter.called(c.operation.name)
	fault := s.faults.take(c.operation.name)
	pause(c.request.Context(), fault.Delay)
	if fault.Kind == DropBefore {
		s.drop(c)
	}
	answer, err := s.carryOut(c, fault)
	if fault.Kind == DropAfter {
		s.drop(c)
	}
	if fault.RetryAfter != "" {
		w.Header().Set("Retry-After", fault.RetryAfter)
	}
	s.log(c, err)
	if err != nil {
		writeError(w, err)
		return
	}
	write(w, answer)
}

func (s *Server) carryOut(c *call, fault Fault) (answer any, err error) {
	if err := fault.refusal(c); err != nil {
		return nil, err
	}
	if c.wrong != nil {
		return nil, c.wrong
	}
	return c.operation.run(s, c)
}

// drop closes the connection without a response: net/http does so on this panic.
func (s *Server) drop(c *call) {
	s.options.Logger.DebugContext(c.request.Context(), "key vault: connection dropped",
		"operation", c.operation.name, "vault", c.vault, "secret", c.name)
	panic(http.ErrAbortHandler)
}

func (s *Server) log(c *call, err error) {
	status, code := http.StatusOK, ""
	if err != nil {
		refused := asRefusal(err)
		status, code = refused.status, refused.code
	}
	s.options.Logger.DebugContext(c.request.Context(), "key vault",
		"operation", c.operation.name, "vault", c.vault, "secret", c.name, "status", status, "code", code)
}
