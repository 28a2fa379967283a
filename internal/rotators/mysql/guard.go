package mysql

import (
	"context"
	"database/sql/driver"

	"rotunda/internal/rotators/bounded"
)

// guarded is a connection whose driver can't panic. database/sql may call it in a goroutine of its
// own.
type guarded struct{ driver.Conn }

var (
	_ driver.QueryerContext = guarded{}
	_ driver.ExecerContext  = guarded{}
)

// connect is the connector's Connect. What the connection reports as failed says more than the
// driver does.
func connect(ctx context.Context, connector driver.Connector) (conn driver.Conn, err error) {
	defer bounded.Recover(&err)
	conn, err = connector.Connect(ctx)
	return guarded{conn}, err
}

// QueryContext implements driver.QueryerContext.
func (g guarded) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (found driver.Rows, err error) {
	defer bounded.Recover(&err)
	found, err = g.Conn.(driver.QueryerContext).QueryContext(ctx, query, args)
	return guardedRows{found}, err
}

// ExecContext implements driver.ExecerContext.
func (g guarded) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (result driver.Result, err error) {
	defer bounded.Recover(&err)
	return g.Conn.(driver.ExecerContext).ExecContext(ctx, query, args)
}

// Close implements driver.Conn.
func (g guarded) Close() (err error) {
	defer bounded.Recover(&err)
	return g.Conn.Close()
}

type guardedRows struct{ driver.Rows }

// Next implements driver.Rows.
func (g guardedRows) Next(row []driver.Value) (err error) {
	defer bounded.Recover(&err)
	return g.Rows.Next(row)
}

// Close implements driver.Rows.
func (g guardedRows) Close() (err error) {
	defer bounded.Recover(&err)
	return g.Rows.Close()
}
