package identity

import (
	"crypto/rand"
	"crypto/rsa"
	"fmt"
	"net/http"
	"sync/atomic"
)

// Path is the endpoint's path: IDENTITY_ENDPOINT is the listener's address followed by Path.
const Path = "/msi/token"

// Server is a tenant with an app's managed identities, and the endpoint that issues their tokens.
type Server struct {
	options    Options
	header     string
	key        *rsa.PrivateKey
	principals []principal
	faults     atomic.Pointer[Faults]
	requests   atomic.Int64
}

var _ http.Handler = (*Server)(nil)

// New returns a tenant with a new signing key. It fails if an id is not a GUID.
func New(opts Options) (*Server, error) {
	opts, err := opts.withDefaults()
	if err != nil {
		return nil, err
	}
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return nil, fmt.Errorf("identity stand-in: making the signing key: %w", err)
	}
	s := &Server{options: opts, key: key, header: rand.Text()}
	s.faults.Store(&Faults{})
	for _, id := range append([]string{opts.ClientID, UserAssigned}, opts.UserAssigned...) {
		s.principals = append(s.principals, newPrincipal(opts.Tenant, id))
	}
	return s, nil
}

// Header returns the value for IDENTITY_HEADER, without which the endpoint returns 401. It
// differs at every start.
func (s *Server) Header() string { return s.header }

// Tenant returns the directory's id, which a resource's challenge contains.
func (s *Server) Tenant() string { return s.options.Tenant }

// ClientID returns the client id of the system-assigned identity.
func (s *Server) ClientID() string { return s.principals[0].clientID }

// Issuer returns the issuer that the tokens name.
func (s *Server) Issuer() string { return "https://sts.windows.net/" + s.options.Tenant + "/" }

// Requests returns how many requests the endpoint has received, including rejected ones.
func (s *Server) Requests() int64 { return s.requests.Load() }
