package sqlserver

import (
	"context"
	"net"
	"strings"
	"testing"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/bounded"
	"rotunda/internal/rotators/rotatortest"
	"rotunda/internal/secret"
	"rotunda/internal/standin/tds"
)

// mapped connects to stand-ins by the names of hosts.
func mapped(hosts map[string]*tds.Server) Rotator {
	return Rotator{dial: func(ctx context.Context, network, address string) (net.Conn, error) {
		if server := hosts[address]; server != nil {
			return bounded.Dial(ctx, network, server.Addr())
		}
		return nil, &net.DNSError{Err: "no such host", Name: address, IsNotFound: true}
	}}
}

// A secret with the tags of Azure's rotation sample rotates as it is, at the server that its ARM
// id names.
func TestASecretOfAzuresSampleRotates(t *testing.T) {
	server, _ := start(t, tds.Options{Edition: "5", Name: "contoso", RequireTLS: true})
	r := mapped(map[string]*tds.Server{"contoso.database.windows.net:1433": server})
	s := rotation.Subject{
		Name: "sqlPassword", Owner: "contoso.vault.azure.net/sqlPassword", Address: armServer, CredentialID: "sa", Current: secret.NewValue(canaryAdmin), Tags: map[string]string{},
	}
	p, err := r.Plan(s)
	rotatortest.Must(t, err)
	_, err = r.Check(t.Context(), s)
	rotatortest.Must(t, err)
	rotatortest.WantVerdict(t, r, s, p.Decoy.Reveal(), rotation.Rejected)
	rotatortest.Apply(t, r, s, p.Next.Reveal())
	rotatortest.WantVerdict(t, r, s, p.Next.Reveal(), rotation.Accepted)
	rotatortest.WantVerdict(t, r, s, canaryAdmin, rotation.Rejected)
	s.Current = p.Next
	if found := rotatortest.Locate(t, r, s); found != (rotation.Location{Login: "sqlserver contoso sa", Run: "contoso"}) {
		t.Error(found)
	}
}

// The gateway of Azure SQL accepts a login and names the server that does the work.
func TestARouteWithinAzureIsFollowed(t *testing.T) {
	const worker = "tr1.worker.database.windows.net"
	gateway, _ := start(t, tds.Options{Edition: "5", RouteHost: worker, RoutePort: 11005})
	server, _ := start(t, tds.Options{Edition: "5"})
	r := mapped(map[string]*tds.Server{"contoso.database.windows.net:1433": gateway, worker + ":11005": server})
	s := rotation.Subject{Name: "db", Owner: "v/db", Address: armServer, CredentialID: "sa", Current: secret.NewValue(canaryAdmin), Tags: map[string]string{}}
	next := plan(t, s).Next
	rotatortest.Apply(t, r, s, next.Reveal())
	if strings.TrimSpace(next.Reveal()) == "" || !server.Accepts("master", "sa", next.Reveal()) || gateway.Accepts("master", "sa", next.Reveal()) {
		t.Error("the password was not changed where the work is done")
	}
}

// A server that routes its clients to itself does not keep them.
func TestARouteInACircleEnds(t *testing.T) {
	const host = "contoso.database.windows.net"
	server, _ := start(t, tds.Options{Edition: "5", RouteHost: host, RoutePort: 1433})
	r := mapped(map[string]*tds.Server{host + ":1433": server})
	s := rotation.Subject{Name: "db", Owner: "v/db", Address: armServer, CredentialID: "sa", Current: secret.NewValue(canaryAdmin), Tags: map[string]string{}}
	_, err := r.Probe(t.Context(), s, s.Current)
	if fault := rotatortest.Fault(t, err); fault == nil || !strings.Contains(fault.Reason, "sends its clients to another server") {
		t.Error(err)
	}
	if n := server.Accepted(); n > maxDials {
		t.Errorf("%d logins", n)
	}
}
