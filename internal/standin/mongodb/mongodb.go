// Package mongodb stands in for a MongoDB server, for tests: the messages, SCRAM-SHA-256, and the
// commands about users, with the rights and errors of MongoDB 7. It stores no data of other kinds.
package mongodb

import (
	"crypto/tls"
	"net"
	"slices"
	"sync"

	"go.mongodb.org/mongo-driver/v2/bson"

	"rotunda/internal/conns"
)

// Server is a server that listens on 127.0.0.1.
type Server struct {
	Addr string // host:port

	conns *conns.Conns

	mu      sync.Mutex
	users   []*user
	process bson.ObjectID
	standby bool
	seen    []string
	cut     interruption
}

// Start starts a server that has one user, an administrator of the database admin. With a config
// it speaks TLS.
func Start(config *tls.Config, admin, password string) (*Server, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	if config != nil {
		listener = tls.NewListener(listener, config)
	}
	s := &Server{Addr: listener.Addr().String(), process: bson.NewObjectID()}
	if err := s.Create("admin", admin, password, Role{"root", "admin"}); err != nil {
		return nil, err
	}
	s.conns = conns.Serve(listener, func(conn net.Conn) { (&session{server: s}).serve(conn) })
	return s, nil
}

// Close ends the server and its connections.
func (s *Server) Close() {
	_ = s.conns.Close()
}

// StepDown makes the server a secondary that accepts no changes.
func (s *Server) StepDown() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.standby = true
}

// interruption is a command at which connections end.
type interruption struct {
	command string
	after   bool
	call    func()
}

// Interrupt calls a function at the next command of a name, before the command takes effect or
// after it did, and then ends the connection without a response.
func (s *Server) Interrupt(command string, after bool, call func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cut = interruption{command, after, call}
}

// interrupted returns what to call at a command, once.
func (s *Server) interrupted(command string, after bool) func() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cut.command != command || s.cut.after != after {
		return nil
	}
	call := s.cut.call
	s.cut = interruption{}
	return call
}

// Commands returns the names of the commands that it was sent, in order.
func (s *Server) Commands() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.seen)
}
