package postgres

import (
	"encoding/binary"
	"io"
	"net"
	"net/url"
	"strings"
	"testing"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/login"
	"rotunda/internal/testserver"
)

// newAzure returns an application whose roles a login without superuser has created, as in Azure:
// there azure_pg_admin is what comes closest to one, and the server's administrator is a member.
func newAzure(t *testing.T, server *testserver.Postgres) application {
	t.Helper()
	app := newApplication(t, server)
	server.Exec(t, `DO $$ BEGIN CREATE ROLE azure_pg_admin NOLOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$`)
	app.admin += " of Azure"
	admin := quoteIdentifier(app.admin)
	server.Exec(t, "CREATE ROLE "+admin+" LOGIN CREATEDB CREATEROLE REPLICATION PASSWORD '"+verifierOf(t, canaryAdmin)+"' IN ROLE azure_pg_admin")
	app.owner += " of Azure"
	owner := quoteIdentifier(app.owner)
	app.database = strings.ToLower(app.owner)
	if app.version(t) >= 16 { // as Azure has it; the server's own default is to grant nothing
		server.Exec(t, "ALTER ROLE "+admin+" SET createrole_self_grant = 'set, inherit'")
	}
	byAdmin := server.Connect(t, "postgres", app.admin, canaryAdmin)
	for _, statement := range []string{
		"CREATE ROLE " + owner + " LOGIN PASSWORD '" + verifierOf(t, canaryOwner) + "'",
		"GRANT " + owner + " TO " + admin,
		"CREATE DATABASE " + quoteIdentifier(app.database) + " OWNER " + owner,
	} {
		if _, err := byAdmin.Exec(t.Context(), statement).ReadAll(); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
	app.address = "postgres://localhost:" + server.Addr[strings.LastIndex(server.Addr, ":")+1:] + "/" + url.PathEscape(app.database) +
		"?sslmode=verify-full&sslrootcert=roots.pem"
	return app
}

func TestPostgresOfAzure(t *testing.T) {
	onEachMajor(t, func(t *testing.T, server *testserver.Postgres) {
		app := newAzure(t, server)
		s := app.alternating()
		for turn := range 4 {
			ready(t, s)
			old := s.Current
			s = rotated(t, s)
			app.checkOwnership(t, old, s.Current, turn)
			retire(t, s, old)
			probes(t, s, old, rotation.Rejected)
			probes(t, s, s.Current, rotation.Accepted)
		}
		single := app.singleByAdmin("vault.example/of-azure")
		app.Exec(t, "ALTER ROLE "+quoteIdentifier(app.owner)+" PASSWORD '"+verifierOf(t, canaryOwner)+"'")
		ready(t, single)
		probes(t, single, rotated(t, single).Current, rotation.Accepted)
	})
}

// The administrator of Azure and whoever else is in azure_pg_admin may not take part, but the
// administrator may change its own password.
func TestPostgresAdminOfAzureChangesItself(t *testing.T) {
	onEachMajor(t, func(t *testing.T, server *testserver.Postgres) {
		app := newAzure(t, server)
		app.Exec(t, "GRANT azure_pg_admin TO "+quoteIdentifier(app.owner))
		refuses(t, app.alternating(), "azure_pg_admin")
		refuses(t, app.singleByAdmin("vault.example/of-azure"), "azure_pg_admin")
		s := app.single()
		s.CredentialID, s.Current = "", urlValue(app.admin, canaryAdmin)
		if app.version(t) < 16 { // its administrator may have REPLICATION: Microsoft's pages differ
			refusesCheck(t, s, "NOREPLICATION")
			saysStop(t, s, plan(t, s).Next, "REPLICATION", false)
			app.Exec(t, "ALTER ROLE "+quoteIdentifier(app.admin)+" NOREPLICATION")
		}
		ready(t, s)
		old := s.Current
		s = rotated(t, s)
		probes(t, s, s.Current, rotation.Accepted)
		probes(t, s, old, rotation.Rejected)
	})
}

// credcheck is in front of a server, and refuses what the extension credcheck refuses: the server
// itself says so in the extension's words, in place of changing a password to a verifier.
func credcheck(t *testing.T, server string, state string) (address string) {
	t.Helper()
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			behind, err := net.Dial("tcp4", server)
			if err != nil {
				_ = client.Close()
				return
			}
			go func() { _, _ = io.Copy(client, behind); _ = client.Close() }()
			go func() { _ = refuseVerifiers(behind, client, state); _ = behind.Close() }()
		}
	}()
	return listener.Addr().String()
}

// refuseVerifiers copies a client's messages: the first without a kind, and each with its length.
func refuseVerifiers(server io.Writer, client io.Reader, state string) error {
	for kind := 0; ; kind = 1 {
		header := make([]byte, kind+4)
		if _, err := io.ReadFull(client, header); err != nil {
			return err
		}
		body := make([]byte, binary.BigEndian.Uint32(header[kind:])-4)
		if _, err := io.ReadFull(client, body); err != nil {
			return err
		}
		if kind == 1 && header[0] == 'Q' && strings.Contains(string(body), " PASSWORD 'SCRAM-SHA-256$") {
			body = []byte("DO $$ BEGIN RAISE 'password type is not a plain text' USING ERRCODE = '" + state + "'; END $$\x00")
			binary.BigEndian.PutUint32(header[1:], uint32(4+len(body)))
		}
		if _, err := server.Write(append(header, body...)); err != nil {
			return err
		}
	}
}

// A server that wants to see passwords gets none. What it says differs from a refusal of one
// password, after which another would be tried.
func TestPostgresThatRefusesVerifiers(t *testing.T) {
	app := newApplication(t, testserver.SharedPostgres(t))
	for _, state := range []string{"28000", "XX000"} { // credcheck 2 and later, and before
		for _, s := range []rotation.Subject{app.single(), app.alternating(), app.singleByAdmin("vault.example/app-db")} {
			s = withQuery(s, "?sslmode=disable")
			s.Address = strings.Replace(s.Address, "localhost:"+app.Addr[strings.LastIndex(app.Addr, ":")+1:], credcheck(t, app.Addr, state), 1)
			const remedy = "set its parameter credcheck.encrypted_password_allowed to on"
			refusesCheck(t, s, remedy)
			saysStop(t, s, plan(t, s).Next, remedy, false)
			probes(t, s, s.Current, rotation.Accepted)
		}
	}
	if rows := app.Exec(t, "SELECT FROM pg_roles WHERE rolname = "+quoteLiteral(app.owner+login.SuffixA)); len(rows) != 0 {
		t.Error("the refused change left a role behind")
	}
}
