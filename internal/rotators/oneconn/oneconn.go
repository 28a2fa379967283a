// Package oneconn gives database/sql a connection that is logged in, and keeps it from opening
// another: a second login may count as a second failure.
package oneconn

import (
	"context"
	"database/sql"
	"database/sql/driver"
)

// Open returns a database that has only the given connection. Once that is broken, every call
// returns the error closed.
func Open(conn driver.Conn, closed error) *sql.DB {
	db := sql.OpenDB(&connector{conn, closed})
	db.SetMaxOpenConns(1)
	return db
}

type connector struct {
	conn   driver.Conn // nil once it is used
	closed error
}

func (c *connector) Connect(context.Context) (driver.Conn, error) {
	conn := c.conn
	if c.conn = nil; conn == nil {
		return nil, c.closed
	}
	return conn, nil
}

func (*connector) Driver() driver.Driver { return nil }
