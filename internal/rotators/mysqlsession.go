package rotators

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"database/sql/driver"
	"encoding/hex"
	"errors"
	"strings"
	"time"

	"github.com/go-sql-driver/mysql"

	"rotunda/internal/rotation"
)

// mysqlPatience is how long a server may take to answer one packet.
const mysqlPatience = 10 * time.Second

// mysqlSession is one connection that logged in once. A nil one may be closed.
type mysqlSession struct {
	db      *sql.DB
	address mysqlAddress
	mariaDB bool
	locked  string // the name of the lock it has, "" for none
}

// login logs in once.
func (a mysqlAddress) login(ctx context.Context, l login) (*mysqlSession, rotation.Verdict, error) {
	connector, err := a.connector(l)
	if err != nil {
		return nil, rotation.Unknown, err
	}
	conn, err := connector.Connect(ctx)
	if err != nil {
		return nil, verdictOfMySQL(err), a.fault("the login", err)
	}
	session := &mysqlSession{db: sql.OpenDB(&onlyConn{conn: conn}), address: a}
	session.db.SetMaxOpenConns(1)
	version, err := session.text(ctx, "SELECT VERSION()")
	if err != nil {
		session.close()
		return nil, rotation.Unknown, err
	}
	session.mariaDB = strings.Contains(version, "MariaDB")
	return session, rotation.Accepted, nil
}

// connector: the driver's own defaults send no password in clear text and no local files, and allow one statement at a time.
func (a mysqlAddress) connector(l login) (driver.Connector, error) {
	config := mysql.NewConfig()
	config.User, config.Passwd = l.user, l.password.Reveal()
	config.Net, config.Addr = "tcp", a.hostport()
	config.Timeout, config.ReadTimeout, config.WriteTimeout = mysqlPatience, mysqlPatience, mysqlPatience
	config.Logger = &mysql.NopLogger{}                                      // it would write to stderr
	config.Params = map[string]string{"sql_mode": "'NO_BACKSLASH_ESCAPES'"} // for quoteSQL
	tlsConfig, err := a.tls()
	if err != nil {
		return nil, err
	}
	config.TLS = tlsConfig
	connector, err := mysql.NewConnector(config)
	if err != nil {
		return nil, rotation.Permanentf("The tag ProviderAddress is not one that can be connected to.")
	}
	return connector, nil
}

// onlyConn keeps database/sql from connecting by itself: a second login may count as a second failure, and the server's
// locks are of one connection.
type onlyConn struct{ conn driver.Conn }

func (o *onlyConn) Connect(context.Context) (driver.Conn, error) {
	conn := o.conn
	if o.conn = nil; conn == nil {
		return nil, mysql.ErrInvalidConn
	}
	return conn, nil
}

func (*onlyConn) Driver() driver.Driver { return mysql.MySQLDriver{} }

// close gives the lock back first: the server notices a connection's end a moment later only, and the next call may be ours.
func (s *mysqlSession) close() {
	if s == nil {
		return
	}
	if s.locked != "" {
		ctx, cancel := context.WithTimeout(context.Background(), mysqlPatience)
		defer cancel()
		_, _ = s.db.ExecContext(ctx, "DO RELEASE_LOCK("+quoteSQL(s.locked)+")") // else the connection's end does it
	}
	_ = s.db.Close()
}

// text gives the one text that a query finds; "" for NULL.
func (s *mysqlSession) text(ctx context.Context, query string) (string, error) {
	var found sql.NullString
	err := s.db.QueryRowContext(ctx, query).Scan(&found)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return found.String, s.address.fault("a query", err)
}

// run runs statements that change something, and stops at the first that fails. doing names them all.
func (s *mysqlSession) run(ctx context.Context, doing string, statements ...string) error {
	for _, statement := range statements {
		if _, err := s.db.ExecContext(ctx, statement); err != nil {
			return s.address.fault(doing, err)
		}
	}
	return nil
}

// lock takes the server's own lock for what is rotated, until close. It fences off a worker that slept through its lease.
func (s *mysqlSession) lock(ctx context.Context, identity string) error {
	sum := sha256.Sum256([]byte(identity))
	name := "rotunda:" + hex.EncodeToString(sum[:16]) // 64 characters at most
	got, err := s.text(ctx, "SELECT GET_LOCK("+quoteSQL(name)+", 0)")
	if err == nil && got != "1" {
		return rotation.Temporaryf("Another worker rotates this login on %s just now.", s.address)
	}
	if err == nil {
		s.locked = name
	}
	return err
}
