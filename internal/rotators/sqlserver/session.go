package sqlserver

import (
	"cmp"
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"strconv"
	"strings"
	"time"

	mssql "github.com/microsoft/go-mssqldb"
	"github.com/microsoft/go-mssqldb/msdsn"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/bounded"
	"rotunda/internal/rotators/login"
	"rotunda/internal/rotators/oneconn"
)

// callTimeout bounds a login, and each statement.
const callTimeout = 10 * time.Second

// session is a connection that is logged in.
type session struct {
	db     *sql.DB
	conn   *sql.Conn
	wire   *wire
	info   info
	locked string // the name of the lock that it holds, or ""
}

// logIn makes one connection and logs in once. Its error is the driver's: see newFault.
func (s server) logIn(ctx context.Context, l login.Login) (_ *session, err error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	dialer := &dialer{server: s, until: ctx}
	defer dialer.stop()
	conn, err := s.connect(ctx, l, dialer)
	if err != nil {
		dialer.close() // the driver does not after a panic
		return nil, dialer.cause(err)
	}
	db := oneconn.Open(conn, errOnlyOnce)
	pinned, err := db.Conn(ctx)
	if err != nil {
		_ = db.Close()
		return nil, err
	}
	return &session{db: db, conn: pinned, wire: dialer.last}, nil
}

func (s server) connect(ctx context.Context, l login.Login, dialer *dialer) (_ driver.Conn, err error) {
	defer bounded.Recover(&err)
	port, err := strconv.ParseUint(s.Port, 10, 16)
	if err != nil {
		return nil, err
	}
	connector := mssql.NewConnectorConfig(msdsn.Config{
		Host: s.Host, Port: port, Database: s.Database, User: l.User, Password: l.Password.Reveal(),
		Encryption: msdsn.EncryptionDisabled, // wire has it
		Protocols:  []string{"tcp"}, DialTimeout: callTimeout, DisableRetry: true, NoTraceID: true,
		AppName: "rotunda", Workstation: "rotunda",
	})
	connector.Dialer = dialer
	return connector.Connect(ctx)
}

var errOnlyOnce = errors.New("the connection is closed")

// close releases the lock and waits for that: the server notices a closed connection later.
func (s *session) close() {
	if s.locked != "" {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		_ = s.exec(ctx, "EXEC sys.sp_releaseapplock @Resource = "+quoteText(s.locked)+", @LockOwner = 'Session'")
	}
	_ = s.conn.Close()
	_ = s.db.Close()
}

// within bounds one call. When its time is over, so is the connection.
func (s *session) within(ctx context.Context, call func(context.Context) error) (err error) {
	defer bounded.Recover(&err)
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	defer context.AfterFunc(ctx, func() { _ = s.wire.SetDeadline(time.Unix(1, 0)) })()
	if err := call(ctx); err != nil {
		if len(numbersOf(err)) == 0 {
			err = cmp.Or(ctx.Err(), s.wire.failed, err)
		}
		return err
	}
	return nil
}

// exec runs statements that return no rows, one by one.
func (s *session) exec(ctx context.Context, statements ...string) error {
	for _, statement := range statements {
		err := s.within(ctx, func(ctx context.Context) error {
			_, err := s.conn.ExecContext(ctx, statement)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// query returns the rows that a query finds, each of so many columns; NULL is "".
func (s *session) query(ctx context.Context, columns int, query string) (found [][]string, _ error) {
	err := s.within(ctx, func(ctx context.Context) error {
		rows, err := s.conn.QueryContext(ctx, query)
		if err != nil {
			return err
		}
		defer func() { _ = rows.Close() }()
		names, err := rows.Columns()
		if err == nil && len(names) != columns { // a rogue server
			err = bounded.ErrUnexpected
		}
		for err == nil && rows.Next() {
			var row []string
			row, err = scan(rows, columns)
			found = append(found, row)
		}
		return cmp.Or(err, rows.Err())
	})
	return found, err
}

func scan(rows *sql.Rows, columns int) ([]string, error) {
	values, into := make([]sql.NullString, columns), make([]any, columns)
	for i := range values {
		into[i] = &values[i]
	}
	err := rows.Scan(into...)
	row := make([]string, columns)
	for i, value := range values {
		row[i] = value.String
	}
	return row, err
}

// queryRow runs a query that finds one row.
func (s *session) queryRow(ctx context.Context, columns int, query string) ([]string, error) {
	rows, err := s.query(ctx, columns, query)
	if err == nil && len(rows) != 1 {
		err = bounded.ErrUnexpected
	}
	if err != nil {
		return nil, err
	}
	return rows[0], nil
}

// rollBack ends a transaction, for which a cancelled caller must not leave the time.
func (s *session) rollBack(ctx context.Context) {
	_ = s.exec(context.WithoutCancel(ctx), "IF @@TRANCOUNT > 0 ROLLBACK TRANSACTION")
}

// inTransaction runs statements that take effect together.
func (s *session) inTransaction(ctx context.Context, statements ...string) error {
	if len(statements) == 1 {
		return s.exec(ctx, statements...)
	}
	err := s.exec(ctx, append(append([]string{"BEGIN TRANSACTION"}, statements...), "COMMIT TRANSACTION")...)
	if err != nil {
		s.rollBack(ctx)
	}
	return err
}

// quoteName quotes an identifier, and quoteText a literal.
func quoteName(name string) string { return "[" + strings.ReplaceAll(name, "]", "]]") + "]" }

func quoteText(text string) string { return "N'" + strings.ReplaceAll(text, "'", "''") + "'" }

// lock takes the server's lock for a target until the session ends.
func (s *session) lock(ctx context.Context, name string) error {
	row, err := s.queryRow(ctx, 1, "DECLARE @r int; EXEC @r = sys.sp_getapplock @Resource = "+quoteText(lockName(name))+
		", @LockMode = 'Exclusive', @LockOwner = 'Session', @LockTimeout = 0; SELECT CONVERT(nvarchar(20), @r)")
	switch {
	case err != nil:
		return newFault("Taking the server's lock", err)
	case row[0] != "0" && row[0] != "1":
		return rotation.Temporaryf("Another rotation of this login holds the server's lock. Rotunda tries again.")
	}
	s.locked = lockName(name)
	return nil
}
