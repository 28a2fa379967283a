package main

import (
	"fmt"
	"io"

	"rotunda/internal/standin/tds"
)

// The administrator of the stand-in for SQL Server.
const (
	sqlAdmin    = "sa"
	sqlPassword = "Rotunda-1"
)

// startSQLServer serves the stand-in for SQL Server, if the flag asks for it.
func (d *desk) startSQLServer(out io.Writer) error {
	if d.options.sqlServer == "" {
		return nil
	}
	server, err := tds.Start(d.options.sqlServer, tds.Options{Admin: sqlAdmin, Password: sqlPassword})
	if err != nil {
		return fmt.Errorf("can't serve the stand-in for SQL Server at %s (%w): stop the program that uses it, or choose another address with -sqlserver", d.options.sqlServer, err)
	}
	d.onClose(func() { _ = server.Close() })
	fmt.Fprintf(out, "A stand-in for SQL Server is at %s, with the login %s and the password %s. It has no TLS.\n", server.Addr(), sqlAdmin, sqlPassword)
	return nil
}
