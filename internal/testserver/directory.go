package testserver

import (
	"context"
	"crypto/tls"
	"testing"

	ldap "github.com/go-ldap/ldap/v3"
)

// directory is an LDAP server, by its address with TLS, and the login that may do everything.
type directory struct{ url, user, password string }

// Client returns a connection that is logged in, until the test ends.
func (d *directory) Client(t testing.TB) *ldap.Conn {
	t.Helper()
	conn, err := d.dial()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// Values returns the values of an entry's attribute.
func (d *directory) Values(t testing.TB, dn, attribute string) []string {
	t.Helper()
	found, err := d.Client(t).Search(ldap.NewSearchRequest(dn, ldap.ScopeBaseObject, ldap.NeverDerefAliases, 0, 0, false, "(objectClass=*)", []string{attribute}, nil))
	if err != nil {
		t.Fatal(err)
	}
	return found.Entries[0].GetAttributeValues(attribute)
}

// Replace replaces the values of an entry's attribute.
func (d *directory) Replace(t testing.TB, dn, attribute string, values ...string) {
	t.Helper()
	request := ldap.NewModifyRequest(dn, nil)
	request.Replace(attribute, values)
	if err := d.Client(t).Modify(request); err != nil {
		t.Fatal(err)
	}
}

func (d *directory) dial() (*ldap.Conn, error) {
	//nolint:gosec // the test's own server
	conn, err := ldap.DialURL(d.url, ldap.DialWithTLSConfig(&tls.Config{InsecureSkipVerify: true}))
	if err != nil {
		return nil, err
	}
	if err = conn.Bind(d.user, d.password); err != nil {
		_ = conn.Close()
		return nil, err
	}
	return conn, nil
}

// answers returns nil if the login is accepted.
func (d *directory) answers(context.Context) error {
	conn, err := d.dial()
	if err != nil {
		return err
	}
	return conn.Close()
}
