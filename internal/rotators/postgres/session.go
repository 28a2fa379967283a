package postgres

import (
	"context"
	"errors"
	"maps"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/bounded"
	"rotunda/internal/rotators/login"
)

// callTimeout bounds a login, and the statements of one call.
const callTimeout = 10 * time.Second

// fixedSettings sets every setting that the driver would otherwise read from the environment or
// from the user's files.
const fixedSettings = "host=none port=5432 user=none password=none dbname=none passfile='' sslmode=disable sslrootcert='' sslcert='' sslkey='' " +
	"sslcertmode=disable sslnegotiation=postgres sslsni=1 sslpassword='' connect_timeout=0 target_session_attrs=any " +
	"min_protocol_version=3.0 max_protocol_version=3.0 channel_binding=prefer require_auth=''"

// startSettings go before those of the database and the role. The owner of a database may choose
// its search_path, and with it what an operator in the administrator's queries calls.
var startSettings = map[string]string{
	"application_name": "rotunda", "search_path": "pg_catalog, pg_temp", "client_encoding": "UTF8", "datestyle": "ISO",
}

// session is a connection that is logged in.
type session struct{ conn *pgconn.PgConn }

// logIn makes one connection and logs in once. Its error is the driver's: see newFault.
func (d database) logIn(ctx context.Context, l login.Login) (_ *session, err error) {
	defer bounded.Recover(&err)
	config, err := d.config(l)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	conn, err := pgconn.ConnectConfig(ctx, config)
	if err != nil {
		return nil, err
	}
	return &session{conn}, nil
}

func (d database) config(l login.Login) (*pgconn.Config, error) {
	config, err := pgconn.ParseConfig(fixedSettings)
	if err != nil { // a service is the one thing that fixedSettings can't override
		return nil, rotation.Temporaryf("The environment variable PGSERVICE is set where Rotunda runs. Remove it.")
	}
	port, err := strconv.ParseUint(d.Port, 10, 16)
	if err != nil {
		return nil, err
	}
	config.Host, config.Port, config.Database = d.Host, uint16(port), d.Database
	config.User, config.Password = l.User, l.Password.Reveal()
	config.RuntimeParams = maps.Clone(startSettings)
	// With a list of addresses the driver would log in at each; the dialer tries them and stops at
	// the first that answers.
	config.DialFunc, config.BuildFrontend = bounded.Dial, newFrontend
	config.LookupFunc = func(_ context.Context, host string) ([]string, error) { return []string{host}, nil }
	config.RequireAuth = d.allowedAuth()
	config.TLSConfig, err = d.tls.Config(d.Host)
	return config, err
}

// allowedAuth keeps a clear-text password from a server that might be anyone's. A server that asks
// for no password is let through, unless the login is to prove one: that it accepts a wrong
// password is what a probe must find out.
func (d database) allowedAuth() string {
	switch {
	case d.tls.Mode.Verifies() && d.proves:
		return "!none"
	case d.tls.Mode.Verifies():
		return ""
	case d.proves:
		return "scram-sha-256,md5"
	}
	return "scram-sha-256,md5,none"
}

// close rolls back what is not committed and waits for it: the server notices a closed connection
// later, and would hold its locks until then.
func (s *session) close() {
	if s == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if s.conn.TxStatus() != 'I' {
		_ = s.exec(ctx, "ROLLBACK")
	}
	_ = s.conn.Close(ctx)
}

// exec runs statements that return no rows.
func (s *session) exec(ctx context.Context, statements ...string) (err error) {
	defer bounded.Recover(&err)
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	for _, statement := range statements {
		if _, err := s.conn.Exec(ctx, statement).ReadAll(); err != nil {
			return err
		}
	}
	return nil
}

// query returns the rows that a query finds, each of so many columns, as text; NULL is "".
func (s *session) query(ctx context.Context, columns int, query string, args ...string) (_ [][]string, err error) {
	defer bounded.Recover(&err)
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	params := make([][]byte, len(args))
	for i, arg := range args {
		params[i] = []byte(arg)
	}
	result := s.conn.ExecParams(ctx, query, params, nil, nil, nil).Read()
	rows := make([][]string, len(result.Rows))
	for i, row := range result.Rows {
		if len(row) != columns { // a rogue server
			return nil, bounded.ErrUnexpected
		}
		for _, value := range row {
			rows[i] = append(rows[i], string(value))
		}
	}
	return rows, result.Err
}

// queryRow runs a query that finds one row.
func (s *session) queryRow(ctx context.Context, columns int, query string, args ...string) ([]string, error) {
	rows, err := s.query(ctx, columns, query, args...)
	if err == nil && len(rows) != 1 {
		err = errNotOneRow
	}
	if err != nil {
		return nil, err
	}
	return rows[0], nil
}

var errNotOneRow = errors.New("not one row")

func quoteIdentifier(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// quoteLiteral quotes text for statements that take no parameters, whatever
// standard_conforming_strings is.
func quoteLiteral(text string) string {
	quoted := "'" + strings.ReplaceAll(text, "'", "''") + "'"
	if strings.Contains(text, `\`) {
		return " E" + strings.ReplaceAll(quoted, `\`, `\\`)
	}
	return quoted
}
