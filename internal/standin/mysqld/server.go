// Package mysqld stands in for MySQL 8.4 for tests: logins by caching_sha2_password over TLS, and
// the statements about accounts with two passwords, roles, attributes and limits that the rotator
// sends. Anything else is a syntax error.
//
// It follows MySQL's manual ("CREATE USER Statement", "ALTER USER Statement", "Using Roles",
// "Password Management", "The Password Validation Component") and its protocol
// (dev.mysql.com/doc/dev/mysql-server, page_protocol_connection_phase). It can't show what MySQL
// does beside these: what it logs, how it stores and caches passwords, whether limits and roles
// take effect, and how a change reaches replicas.
package mysqld

import (
	"crypto/tls"
	"net"
	"slices"
	"sync"

	"rotunda/internal/conns"
)

// Version is what the server calls itself by default.
const Version = "8.4.3"

// Account is a user and the host that it may connect from, which is "%" or "localhost".
type Account struct {
	User, Host string
	First      string // the password
	Second     string // the one that RETAIN CURRENT PASSWORD kept, or ""
	Plugin     string // caching_sha2_password by default
	Attribute  string // the attribute "rotunda"
	History    int    // how many earlier passwords may not be set again

	Locked         bool
	RequireCurrent bool // must give its password when it sets another one
	TLS            bool // REQUIRE SSL
	Limits         Limits
	Roles          []Role
	DefaultRole    string

	CreateUser bool // may change other accounts
	ReadUser   bool // may read mysql.user

	earlier []string
}

// Limits are an account's, or 0.
type Limits struct{ Queries, Updates, Logins, Connections int }

// Role is a role that an account has. A role's host is "%"; it is an account that is locked.
type Role struct {
	Name  string
	Admin bool // WITH ADMIN OPTION
}

// Policy is what a server asks of new passwords.
type Policy struct {
	Length  int  // of validate_password, or 0 if it is not installed
	Medium  bool // a digit, letters of both cases and a symbol
	History int  // how many earlier passwords of new accounts may not be set again
}

// Server is a running server on 127.0.0.1.
type Server struct {
	Addr string // host:port

	conns  *conns.Conns
	secure *tls.Config

	mu       sync.Mutex
	accounts []*Account
	locks    map[string]*session
	version  string
	policy   Policy
	changes  []string // of accounts, by their names
	planned  *interruption
}

// Start starts a server that requires TLS.
func Start(certificate tls.Certificate) (*Server, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &Server{
		Addr: listener.Addr().String(), locks: map[string]*session{},
		version: Version,
		secure:  &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12},
	}
	s.conns = conns.Serve(listener, s.serve)
	return s, nil
}

// Create adds an account, or replaces one.
func (s *Server) Create(a Account) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if a.Plugin == "" {
		a.Plugin = plugin
	}
	s.accounts = slices.DeleteFunc(s.accounts, func(one *Account) bool { return one.User == a.User && one.Host == a.Host })
	s.accounts = append(s.accounts, &a)
}

// SetPolicy sets what the server asks of new passwords.
func (s *Server) SetPolicy(p Policy) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.policy = p
}

// Claim sets the version that the server calls itself. It has USER_ATTRIBUTES only with Version.
func (s *Server) Claim(version string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.version = version
}

// Account returns a copy of an account as it is now, or the zero one.
func (s *Server) Account(user, host string) Account {
	s.mu.Lock()
	defer s.mu.Unlock()
	if a := s.find(user, host); a != nil {
		return *a
	}
	return Account{}
}

// WaitIdle waits until no client is connected. The server releases the locks of a client that left
// without a word only when it sees that it did.
func (s *Server) WaitIdle() { s.conns.WaitIdle() }

// interruption is what happens at a change.
type interruption struct {
	change string
	after  bool
	do     func()
}

// Interrupt calls do once, before or after the next change of a name.
func (s *Server) Interrupt(change string, after bool, do func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.planned = &interruption{change, after, do}
}

// reach calls what was planned for this moment.
func (s *Server) reach(change string, after bool) {
	s.mu.Lock()
	now := s.planned
	if now == nil || now.change != change || now.after != after {
		now = nil
	} else {
		s.planned = nil
	}
	s.mu.Unlock()
	if now != nil {
		now.do()
	}
}

// Changes returns which changes were made to accounts.
func (s *Server) Changes() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.changes)
}

// Close ends the server and its connections.
func (s *Server) Close() { _ = s.conns.Close() }

// find returns an account. Its caller holds the lock.
func (s *Server) find(user, host string) *Account {
	for _, a := range s.accounts {
		if a.User == user && a.Host == host {
			return a
		}
	}
	return nil
}

// logIn returns the account of a login, which is that of the nearest host, or the error's number.
func (s *Server) logIn(user, password string) (*Account, uint16) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.find(user, "localhost")
	if a == nil {
		a = s.find(user, "%")
	}
	if a == nil || password == "" || password != a.First && password != a.Second {
		return nil, accessDenied
	}
	if a.Locked {
		return nil, accountLocked
	}
	return a, 0
}
