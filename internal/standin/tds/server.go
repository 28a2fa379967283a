package tds

import (
	"cmp"
	"crypto/rand"
	"crypto/tls"
	"net"
	"sync"
	"time"

	"rotunda/internal/conns"
)

// serverName is what SERVERPROPERTY('ServerName') returns without Options.Name.
const serverName = "STANDIN"

// azureEdition is SERVERPROPERTY('EngineEdition') of Azure SQL Database (learn.microsoft.com,
// SERVERPROPERTY).
const azureEdition = "5"

// Options configure the stand-in.
type Options struct {
	Certificate *tls.Certificate // nil for no TLS
	RequireTLS  bool             // as with Force Encryption
	Edition     string           // as EngineEdition has it; "" is 3, Enterprise
	Name        string
	Admin       string // the login of an administrator, and its password
	Password    string
	// Interrupt is called with each statement, without its literals, before (done is false) and
	// after it is run. If it returns true, the connection ends.
	Interrupt func(statement string, done bool) bool
	// Failure is called before a login is checked. If it returns a number, the login is refused with
	// this error.
	Failure func() int
	// Route is the host:port to which a client that has logged in is sent.
	RouteHost string
	RoutePort uint16
}

// Server is a running stand-in.
type Server struct {
	options Options
	addr    string
	conns   *conns.Conns
	started string

	mu        sync.Mutex
	logins    map[string]*login
	databases map[string]*database
	locks     map[string]*session
	failures  map[string]int // refused logins, by user
	accepted  int
}

// Start listens on an address, such as 127.0.0.1:0.
func Start(address string, options Options) (*Server, error) {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, err
	}
	options.Edition = cmp.Or(options.Edition, "3")
	options.Name = cmp.Or(options.Name, serverName+"-"+rand.Text()[:6])
	s := &Server{
		options: options, addr: listener.Addr().String(), started: time.Now().UTC().Format("2006-01-02T15:04:05.000"),
		logins: map[string]*login{}, databases: map[string]*database{}, locks: map[string]*session{}, failures: map[string]int{},
	}
	for _, name := range []string{"master", "tempdb"} {
		s.databases[name] = newDatabase(name, false)
	}
	s.logins[fold(options.Admin)] = &login{name: options.Admin, password: options.Password, sysadmin: true, defaultDatabase: "master"}
	s.conns = conns.Serve(listener, s.converse)
	return s, nil
}

// Addr returns host:port.
func (s *Server) Addr() string { return s.addr }

// Close ends all connections.
func (s *Server) Close() error { return s.conns.Close() }

// Set changes the condition of a login.
func (s *Server) Set(name string, condition Condition) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.logins[fold(name)].condition = condition
}

// Failures returns how many logins of a user were refused, and Accepted how many were accepted in
// all.
func (s *Server) Failures(user string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.failures[fold(user)]
}

// Accepted returns how many logins were accepted.
func (s *Server) Accepted() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.accepted
}

// Exec runs a batch in a database as an administrator.
func (s *Server) Exec(name, batch string) ([][]string, error) {
	c := &session{server: s, user: s.options.Admin, sysadmin: true}
	c.database = s.find(name)
	if c.database == nil {
		return nil, refuse(911, 16, "Database '%s' does not exist.", name)
	}
	defer c.end()
	rows, _, err := c.batch(batch)
	if err != nil {
		return rows, err
	}
	return rows, nil
}

func (s *Server) find(name string) *database {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.databases[fold(name)]
}
