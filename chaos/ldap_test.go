package chaos_test

import (
	"context"
	"encoding/json"
	"net"
	"testing"
	"time"

	"github.com/go-ldap/ldap/v3"

	"rotunda/internal/testserver"
)

const ldapKeeper = "uid=keeper," + testserver.Suffix

// ldapFleets are of class O: an entry of OpenLDAP has both passwords during the grace period.
// Their administrator marks them, and changes its own password.
func ldapFleets(t *testing.T, v vault) []*fleet {
	t.Helper()
	server := testserver.StartSlapd(t, testserver.SlapdOptions{Access: []string{
		`access to attrs=userPassword by dn.exact="` + ldapKeeper + `" write by self write by anonymous auth by * none`,
		`access to attrs=description by dn.exact="` + ldapKeeper + `" write by users read`,
	}})
	account := func(user, password string) string { return loginJSON(server.AddPerson(t, user, password), password) }
	f := fleet{
		kind: "ldap", class: "O", pace: 100 * time.Millisecond, serverLog: server.Log,
		login: func(ctx context.Context, value string) (bool, error) { return ldapLogin(ctx, server.Addr, value) },
	}
	address := "ldap://" + server.Addr + "?sslmode=disable"
	return []*fleet{
		adminFleet(t, v, f, account("keeper", canary()), map[string]string{"ProviderAddress": address, "AdminFor": "ldap://" + server.Addr}),
		newFleet(t, v, f, account, map[string]string{"ProviderAddress": address, "CredentialId": "uid=%s," + testserver.Suffix, "AdminSecret": adminSecret("ldap")}),
	}
}

// ldapLogin logs in with a JSON value.
func ldapLogin(ctx context.Context, addr, value string) (rejected bool, err error) {
	var login struct{ Username, Password string }
	if err := json.Unmarshal([]byte(value), &login); err != nil {
		return false, err
	}
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", addr)
	if err != nil {
		return false, err
	}
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	client := ldap.NewConn(conn, false)
	client.Start()
	defer func() { _ = client.Close() }()
	err = client.Bind(login.Username, login.Password)
	return ldap.IsErrorWithCode(err, ldap.LDAPResultInvalidCredentials), err
}
