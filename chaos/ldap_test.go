package chaos_test

import (
	"context"
	"testing"
	"time"

	ldap "github.com/go-ldap/ldap/v3"

	"rotunda/internal/testserver"
)

// ldapFleets are of class O: an entry has both passwords during the grace period. Each entry
// changes its own.
func ldapFleets(t *testing.T, v vault) []*fleet {
	t.Helper()
	server := testserver.StartSlapd(t, testserver.SlapdOptions{})
	account := func(uid, password string) string { return loginJSON(server.AddPerson(t, uid, password), password) }
	f := fleet{
		kind: "ldap", class: "O", pace: 100 * time.Millisecond, serverLog: server.Log,
		id:    func(uid string) string { return "uid=" + uid + "," + testserver.Suffix },
		login: func(_ context.Context, value string) (bool, error) { return bind(server.Addr, value) },
	}
	return []*fleet{newFleet(t, v, f, account, map[string]string{"ProviderAddress": "ldap://" + server.Addr + "?sslmode=disable"})}
}

// bind binds with a JSON value.
func bind(address, value string) (rejected bool, err error) {
	dn, password, err := readJSON(value)
	if err != nil {
		return false, err
	}
	conn, err := ldap.DialURL("ldap://" + address)
	if err != nil {
		return false, err
	}
	defer func() { _ = conn.Close() }()
	conn.SetTimeout(time.Minute)
	err = conn.Bind(dn, password)
	return ldap.IsErrorWithCode(err, ldap.LDAPResultInvalidCredentials), err
}
