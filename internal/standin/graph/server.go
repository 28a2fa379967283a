package graph

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"

	"rotunda/internal/standin/entra"
	"rotunda/internal/standin/fault"
)

// Host is where Graph is, in the public cloud. Resource is what its tokens are for.
const (
	Host     = "graph.microsoft.com"
	Resource = "https://" + Host
)

// Faults make Graph fail. The zero value means none.
type Faults struct {
	fault.Faults
	// LoseWrites carries out so many of the next writes and closes the connection instead of
	// answering.
	LoseWrites int `json:"loseWrites,omitempty"`
	// Throttle answers so many of the next requests with 429, and Retry-After: 1.
	Throttle int `json:"throttle,omitempty"`
	// MaxLifetimeDays, if not 0, is the longest lifetime of a client secret that the tenant's app
	// management policy allows.
	MaxLifetimeDays int `json:"maxLifetimeDays,omitempty"`
}

// Check returns an error if the faults can't be set.
func (f Faults) Check() error {
	if f.LoseWrites < 0 || f.Throttle < 0 || f.MaxLifetimeDays < 0 {
		return fmt.Errorf("graph stand-in: a fault has a negative number: use 0 for none")
	}
	return f.Faults.Check()
}

// Server is Graph for one tenant.
type Server struct {
	directory *entra.Directory
	verify    func(token string) (entra.Claims, error)
	requests  atomic.Int64

	mu     sync.Mutex
	faults Faults
}

var _ http.Handler = (*Server)(nil)

// New returns Graph for a tenant.
func New(directory *entra.Directory) *Server {
	return &Server{directory: directory, verify: directory.Verifier(Resource)}
}

// Requests returns how many requests have arrived.
func (s *Server) Requests() int64 { return s.requests.Load() }

// Faults returns the faults that are left.
func (s *Server) Faults() Faults {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.faults
}

// SetFaults replaces the faults with f, for requests that arrive from now on.
func (s *Server) SetFaults(f Faults) error {
	if err := f.Check(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = f
	return nil
}

// use takes one of a fault that is counted, and reports whether there was one.
func (s *Server) use(count func(*Faults) *int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := count(&s.faults)
	if *n == 0 {
		return false
	}
	*n--
	return true
}

// ServeHTTP serves GET /v1.0/applications/{id} and /v1.0/applications(appId='…'), with /owners,
// and POST with /addPassword and /removePassword.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.requests.Add(1)
	fail := func(status int, message string) { refuse(w, status, "serviceNotAvailable", message) }
	if s.Faults().Fail(w, r, fail) {
		return
	}
	if s.use(func(f *Faults) *int { return &f.Throttle }) {
		w.Header().Set("Retry-After", "1")
		refuse(w, http.StatusTooManyRequests, "TooManyRequests", "Too many requests")
		return
	}
	claims, err := s.verify(strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "))
	if err != nil {
		w.Header().Set("WWW-Authenticate", `Bearer realm="", authorization_uri="https://`+entra.Host+`/common/oauth2/authorize", client_id="00000003-0000-0000-c000-000000000000"`)
		refuse(w, http.StatusUnauthorized, "InvalidAuthenticationToken", "Access token validation failure.")
		return
	}
	s.serve(w, r, claims)
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request, claims entra.Claims) {
	target, action, found := parsePath(r.URL.Path)
	serve := actions[r.Method+" "+action]
	if !found || serve == nil {
		refuse(w, http.StatusBadRequest, "BadRequest", "Resource not found for the segment.")
		return
	}
	application, found := s.find(target)
	switch {
	case !mayRead(claims):
		denied(w)
	case !found:
		refuse(w, http.StatusNotFound, "Request_ResourceNotFound", "Resource '"+target.id+"' does not exist or one of its queried reference-property objects are not present.")
	case r.Method == http.MethodPost && !mayWrite(claims, application):
		denied(w)
	default:
		serve(s, w, r, application)
	}
}

var actions = map[string]func(s *Server, w http.ResponseWriter, r *http.Request, a entra.Application){
	"GET ":                (*Server).get,
	"GET owners":          (*Server).owners,
	"POST addPassword":    (*Server).addPassword,
	"POST removePassword": (*Server).removePassword,
}
