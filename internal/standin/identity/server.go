package identity

import (
	"crypto/rand"
	"fmt"
	"net/http"
	"sync/atomic"

	"rotunda/internal/standin/entra"
	"rotunda/internal/standin/fault"
)

// Path is the endpoint's path: IDENTITY_ENDPOINT is the listener's address followed by Path.
const Path = "/msi/token"

// Server is an app's managed identities, and the endpoint that issues their tokens.
type Server struct {
	options    Options
	header     string
	directory  *entra.Directory
	principals []entra.Application
	faults     atomic.Pointer[fault.Faults]
	requests   atomic.Int64
}

var _ http.Handler = (*Server)(nil)

// New returns the identities of an app. It fails if an id is not a GUID.
func New(opts Options) (*Server, error) {
	opts, err := opts.withDefaults()
	if err != nil {
		return nil, err
	}
	if opts.Directory == nil {
		if opts.Directory, err = entra.New(entra.Options{Tenant: opts.Tenant, Now: opts.Now}); err != nil {
			return nil, err
		}
	}
	s := &Server{options: opts, header: rand.Text(), directory: opts.Directory}
	s.faults.Store(&fault.Faults{})
	return s, s.register(opts)
}

// Header returns the value for IDENTITY_HEADER, without which the endpoint returns 401. It
// differs at every start.
func (s *Server) Header() string { return s.header }

// Directory returns the tenant.
func (s *Server) Directory() *entra.Directory { return s.directory }

// Tenant returns the directory's id, which a resource's challenge contains.
func (s *Server) Tenant() string { return s.directory.Tenant() }

// ClientID returns the client id of the system-assigned identity.
func (s *Server) ClientID() string { return s.principals[0].ClientID }

// ObjectID returns the object id of the system-assigned identity.
func (s *Server) ObjectID() string { return s.principals[0].ObjectID }

// Issuer returns the issuer that the tokens name.
func (s *Server) Issuer() string { return s.directory.Issuer(1) }

// Verifier returns the check that a resource makes of a token: see entra.Directory.
func (s *Server) Verifier(resource string) func(token string) (entra.Claims, error) {
	return s.directory.Verifier(resource)
}

// Token issues a token of the system-assigned identity for a resource such as
// https://vault.azure.net, without HTTP.
func (s *Server) Token(resource string) (string, error) {
	token, _, err := s.directory.Issue(s.ClientID(), resource, s.options.Lifetime)
	return token, err
}

// Requests returns how many requests the endpoint has received, including rejected ones.
func (s *Server) Requests() int64 { return s.requests.Load() }

// Faults returns the current faults.
func (s *Server) Faults() fault.Faults { return *s.faults.Load() }

// SetFaults replaces the current faults with f, for requests that arrive from now on.
func (s *Server) SetFaults(f fault.Faults) error {
	if err := f.Check(); err != nil {
		return fmt.Errorf("identity stand-in: %w", err)
	}
	s.faults.Store(&f)
	return nil
}
