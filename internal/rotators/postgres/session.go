package postgres

import (
	"context"
	"errors"
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
	config.RuntimeParams = map[string]string{"application_name": "rotunda"}
	// With a list of addresses the driver would log in at each; the dialer tries them and stops at
	// the first that answers.
	config.DialFunc, config.BuildFrontend = bounded.Dial, newFrontend
	config.LookupFunc = func(_ context.Context, host string) ([]string, error) { return []string{host}, nil }
	config.RequireAuth = d.allowedAuth()
	config.TLSConfig, err = d.tls.Config(d.Host)
	return config, err
}

// allowedAuth keeps a clear-text password from a server that might be anyone's. A server that asks
// for no password is let through: that it accepts a wrong password is what a probe must find out.
func (d database) allowedAuth() string {
	if d.tls.Mode.Verifies() {
		return ""
	}
	return "scram-sha-256,md5,none"
}

func (s *session) close() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
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

// queryBools runs a query that finds one row of booleans, and returns these.
func (s *session) queryBools(ctx context.Context, query string, args ...string) (_ []bool, err error) {
	defer bounded.Recover(&err)
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	params := make([][]byte, len(args))
	for i, arg := range args {
		params[i] = []byte(arg)
	}
	result := s.conn.ExecParams(ctx, query, params, nil, nil, nil).Read()
	if result.Err != nil {
		return nil, result.Err
	}
	if len(result.Rows) != 1 {
		return nil, errNotOneRow
	}
	answers := make([]bool, len(result.Rows[0]))
	for i, answer := range result.Rows[0] {
		answers[i] = string(answer) == "t"
	}
	return answers, nil
}

var errNotOneRow = errors.New("not one row")

func quoteIdentifier(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }
