package mysql

import (
	"cmp"
	"context"
	"crypto/sha256"
	"database/sql"
	"database/sql/driver"
	"encoding/hex"
	"errors"
	"net"
	"strings"
	"time"

	"github.com/go-sql-driver/mysql"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/bounded"
	"rotunda/internal/rotators/login"
	"rotunda/internal/rotators/oneconn"
)

// packetTimeout bounds a server's answer to one packet.
const packetTimeout = 10 * time.Second

// idleTimeout is the number of seconds after which the server ends a session that says nothing.
const idleTimeout = "60"

// session is a connection that is logged in. A nil session may be closed.
type session struct {
	db      *sql.DB
	server  server
	as      login.Login // who is logged in
	mariaDB bool
	locked  string // the name of the lock that it holds, or ""
}

// logIn makes one connection and logs in once.
func (s server) logIn(ctx context.Context, l login.Login) (*session, rotation.Verdict, error) {
	conn, err := s.connect(ctx, l)
	if fault, ok := errors.AsType[*rotation.Fault](err); ok {
		return nil, rotation.Unknown, fault
	}
	if err != nil {
		return nil, verdictOf(err), s.fault(loggingIn, err)
	}
	session := &session{db: oneconn.Open(conn, mysql.ErrInvalidConn), server: s, as: l}
	version, err := session.text(ctx, "SELECT VERSION()")
	if err != nil {
		session.close()
		return nil, rotation.Unknown, err
	}
	session.mariaDB = strings.Contains(version, "MariaDB")
	if !session.mariaDB && !s.tls.Mode.Verifies() {
		session.close()
		return nil, rotation.Unknown, rotation.Permanentf("The server %s is not MariaDB. It would be sent new passwords as they are, and nothing proves who it is. Set sslmode to verify-full, or to verify-ca with sslrootcert, in the tag ProviderAddress.", s)
	}
	return session, rotation.Accepted, nil
}

// connect returns the connection's own error, if it has one: the driver hides these.
func (s server) connect(ctx context.Context, l login.Login) (driver.Conn, error) {
	secure, err := s.tls.Config(s.Host)
	if err != nil {
		return nil, err
	}
	connection := &wire{secure: secure, verified: s.tls.Mode.Verifies()}
	connector, err := s.connector(l, connection)
	if err != nil {
		return nil, err
	}
	conn, err := connect(ctx, connector)
	if err == nil {
		return conn, nil
	}
	if connection.Conn != nil {
		_ = connection.Close() // the driver does not after a panic
	}
	if errorNumber(err) != 0 {
		return nil, err
	}
	return nil, cmp.Or(connection.failed, err)
}

// connector keeps the driver's defaults: no password in clear text, no local files, and one
// statement at a time.
func (s server) connector(l login.Login, connection *wire) (driver.Connector, error) {
	config := mysql.NewConfig()
	config.User, config.Passwd = l.User, l.Password.Reveal()
	config.Net, config.Addr = "tcp", s.HostPort()
	if connection.verified {
		config.Net = "unix" // tells the driver that others can't read the connection, as it knows of no TLS
	}
	config.DialFunc = func(ctx context.Context, _, address string) (_ net.Conn, err error) {
		connection.Conn, err = bounded.Dial(ctx, "tcp", address)
		connection.stream = connection.Conn
		return connection, err
	}
	config.Timeout, config.ReadTimeout, config.WriteTimeout = packetTimeout, packetTimeout, packetTimeout
	config.Logger = &mysql.NopLogger{} // the default writes to stderr
	// quote relies on this mode. The timeout bounds how long the server's lock outlives a client
	// that vanished; the fence takes less.
	config.Params = map[string]string{"sql_mode": "'NO_BACKSLASH_ESCAPES'", "wait_timeout": idleTimeout}
	connector, err := mysql.NewConnector(config)
	if err != nil {
		return nil, rotation.Permanentf("The tag ProviderAddress is not an address that the MySQL driver can connect to. Correct it.")
	}
	return connector, nil
}

// close releases the lock first: the server notices the end of a connection only a moment later,
// and the next call may be ours.
func (s *session) close() {
	if s == nil {
		return
	}
	if s.locked != "" {
		ctx, cancel := context.WithTimeout(context.Background(), packetTimeout)
		defer cancel()
		// If this fails, the connection's end releases the lock.
		_, _ = s.db.ExecContext(ctx, "DO RELEASE_LOCK("+quote(s.locked)+")")
	}
	_ = s.db.Close()
}

// text returns the one text that a query finds, or "" for NULL or no row.
func (s *session) text(ctx context.Context, query string) (string, error) {
	var found sql.NullString
	err := s.db.QueryRowContext(ctx, query).Scan(&found)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return found.String, s.server.fault("a query", err)
}

// query returns the rows of a query, each of two texts. Its error is not a fault yet.
func (s *session) query(ctx context.Context, query string) (found [][2]string, err error) {
	rows, err := s.db.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var row [2]string
		if err := rows.Scan(&row[0], &row[1]); err != nil {
			return nil, err
		}
		found = append(found, row)
	}
	return found, rows.Err()
}

// pairs is query with its error as a fault.
func (s *session) pairs(ctx context.Context, action, query string) ([][2]string, error) {
	found, err := s.query(ctx, query)
	return found, s.server.fault(action, err)
}

// self returns the account that the server chose for the session's login.
func (s *session) self(ctx context.Context) (account, error) {
	text, err := s.text(ctx, "SELECT CURRENT_USER()")
	return parseAccount(text), err
}

// run runs statements and stops at the first that fails. action names them all.
func (s *session) run(ctx context.Context, action string, statements ...string) error {
	for _, statement := range statements {
		if _, err := s.db.ExecContext(ctx, statement); err != nil {
			return s.server.fault(action, err)
		}
	}
	return nil
}

// lock acquires the server's own lock for a login until close. It fences off a worker that
// slept through its lease.
func (s *session) lock(ctx context.Context, login string) error {
	sum := sha256.Sum256([]byte(login))
	name := "rotunda:" + hex.EncodeToString(sum[:16]) // 64 characters at most
	got, err := s.text(ctx, "SELECT GET_LOCK("+quote(name)+", 0)")
	if err == nil && got != "1" {
		return rotation.Temporaryf("Another worker is rotating this login on %s. The rotation is tried again later.", s.server)
	}
	if err == nil {
		s.locked = name
	}
	return err
}
