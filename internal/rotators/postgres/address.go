package postgres

import (
	"cmp"
	"net/url"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/address"
	"rotunda/internal/rotators/tlsconfig"
)

// database is a database of a PostgreSQL server and how to connect to it.
type database struct {
	address.Server
	tls    tlsconfig.Options
	proves bool // a login proves its password: a server that asks for none is no answer
}

// String returns the database's address without parameters, the same for both schemes.
func (d database) String() string {
	return "postgres://" + d.HostPort() + "/" + url.PathEscape(d.Database)
}

var addressForm = address.Form{
	Ports:      map[string]string{"postgres": "5432", "postgresql": "5432"},
	Database:   true,
	Parameters: []string{"sslmode", "sslrootcert"},
}

func parseAddress(text string, trust rotation.Trust) (database, error) {
	named, parameters, err := addressForm.Parse(text)
	if err != nil {
		return database{}, err
	}
	if named.Database = cmp.Or(named.Database, "postgres"); len(named.Database) > maxNameBytes {
		return database{}, rotation.Permanentf("The name of the database in the tag ProviderAddress must have at most %d bytes.", maxNameBytes)
	}
	tls, err := tlsconfig.FromParameters(named.Host, parameters, trust, tlsconfig.Disable, tlsconfig.Require, tlsconfig.VerifyCA, tlsconfig.VerifyFull)
	return database{Server: named, tls: tls}, err
}
