package rotators

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"rotunda/internal/rotation"
)

// postgresPatience is how long a login, or a statement, may take.
const postgresPatience = 10 * time.Second

// postgresNoSettings names every setting that the driver would else take from the environment or from files of the user.
const postgresNoSettings = "host=none port=5432 user=none password=none dbname=none passfile='' sslmode=disable sslrootcert='' sslcert='' sslkey='' " +
	"sslcertmode=disable sslnegotiation=postgres sslsni=1 sslpassword='' connect_timeout=0 target_session_attrs=any " +
	"min_protocol_version=3.0 max_protocol_version=3.0 channel_binding=prefer require_auth=''"

// postgresSession is a connection that is logged in.
type postgresSession struct{ conn *pgconn.PgConn }

// login makes one connection and logs in once. Its error is the driver's: see postgresFault.
func (a postgresAddress) login(ctx context.Context, as login) (*postgresSession, error) {
	config, err := a.config(as)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, postgresPatience)
	defer cancel()
	conn, err := pgconn.ConnectConfig(ctx, config)
	if err != nil {
		return nil, err
	}
	return &postgresSession{conn}, nil
}

func (a postgresAddress) config(as login) (*pgconn.Config, error) {
	config, err := pgconn.ParseConfig(postgresNoSettings)
	if err != nil { // a service is the one thing that can't be overruled
		return nil, rotation.Temporaryf("The environment variable PGSERVICE must not be set where rotations run.")
	}
	config.Host, config.Port, config.Database = a.host, a.port, a.database
	config.User, config.Password = as.user, as.password.Reveal()
	config.RuntimeParams = map[string]string{"application_name": "rotunda"}
	// With a list of addresses the driver would log in at each; the dialer tries them and stops at the first that answers.
	config.LookupFunc = func(_ context.Context, host string) ([]string, error) { return []string{host}, nil }
	config.RequireAuth = a.allowedAuth()
	config.TLSConfig, err = a.tls()
	return config, err
}

// allowedAuth keeps a password from a server that might be anybody. One that asks for none at all is let through: that it
// accepts a wrong password is what must be found out.
func (a postgresAddress) allowedAuth() string {
	if a.sslMode == sslVerifyFull || a.sslMode == sslVerifyCA {
		return ""
	}
	return "scram-sha-256,md5,none"
}

// tls is nil for sslmode=disable.
func (a postgresAddress) tls() (*tls.Config, error) {
	if a.sslMode == sslDisable {
		return nil, nil
	}
	roots, err := readRoots(a.rootCert)
	if err != nil {
		return nil, err
	}
	config := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: a.host, RootCAs: roots}
	switch a.sslMode {
	case sslRequire:
		config.InsecureSkipVerify = true // that is what the mode means; plans warn of it
	case sslVerifyCA:
		config.InsecureSkipVerify = true // verifyChain does all but the name
		config.VerifyConnection = verifyChain(roots)
	}
	return config, nil
}

func verifyChain(roots *x509.CertPool) func(tls.ConnectionState) error {
	return func(state tls.ConnectionState) error {
		options := x509.VerifyOptions{Roots: roots, Intermediates: x509.NewCertPool()}
		for _, certificate := range state.PeerCertificates[1:] {
			options.Intermediates.AddCert(certificate)
		}
		_, err := state.PeerCertificates[0].Verify(options)
		return err
	}
}

func (s *postgresSession) close() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = s.conn.Close(ctx)
}

// exec runs statements that give no rows.
func (s *postgresSession) exec(ctx context.Context, statements ...string) error {
	ctx, cancel := context.WithTimeout(ctx, postgresPatience)
	defer cancel()
	for _, statement := range statements {
		if _, err := s.conn.Exec(ctx, statement).ReadAll(); err != nil {
			return err
		}
	}
	return nil
}

// ask runs a query whose one row is of booleans, and tells which of them are true.
func (s *postgresSession) ask(ctx context.Context, query string, args ...string) ([]bool, error) {
	ctx, cancel := context.WithTimeout(ctx, postgresPatience)
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
		return nil, errNoRow
	}
	answers := make([]bool, len(result.Rows[0]))
	for i, answer := range result.Rows[0] {
		answers[i] = string(answer) == "t"
	}
	return answers, nil
}

var errNoRow = errors.New("not one row")

func quoteIdentifier(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }
