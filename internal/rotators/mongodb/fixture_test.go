package mongodb

import (
	"crypto/tls"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/rotatortest"
	"rotunda/internal/secret"
	"rotunda/internal/standin/ca"
	"rotunda/internal/standin/mongodb"
)

const (
	oldPassword = "canary-old-1"
	newPassword = "canary-new-2"
	third       = "canary-third-3"
	vaultSecret = "contoso.vault.azure.net/orders-db"
)

var readWrite = mongodb.Role{Role: "readWrite", DB: "shop"}

// start starts a server whose database shop has the user orders.
func start(t *testing.T) *mongodb.Server {
	t.Helper()
	server, err := mongodb.Start(nil, "root", "canary-root")
	rotatortest.Must(t, err)
	t.Cleanup(server.Close)
	prepare(t, server)
	return server
}

func prepare(t *testing.T, server *mongodb.Server) {
	t.Helper()
	rotatortest.Must(t, server.Create("admin", "rotator", "canary-rotator", mongodb.Role{Role: "userAdminAnyDatabase", DB: "admin"}))
	rotatortest.Must(t, server.Create("shop", "orders", oldPassword, readWrite, mongodb.Role{Role: "@changeOwnPassword", DB: "shop"}))
	server.Change("shop", "orders", func(u *mongodb.User) {
		u.Custom = bson.D{{Key: "team", Value: "b"}}
		u.Restrictions = bson.A{bson.D{{Key: "clientSource", Value: bson.A{"127.0.0.1"}}}}
	})
}

// startTLS starts a server with TLS, and returns the file of its authority.
func startTLS(t *testing.T) (server *mongodb.Server, roots string) {
	t.Helper()
	signer, err := ca.New()
	rotatortest.Must(t, err)
	certificate, err := signer.Certificate("localhost")
	rotatortest.Must(t, err)
	roots = filepath.Join(t.TempDir(), "roots.pem")
	rotatortest.Must(t, os.WriteFile(roots, signer.PEM(), 0o600))
	server, err = mongodb.Start(&tls.Config{Certificates: []tls.Certificate{certificate}}, "root", "canary-root")
	rotatortest.Must(t, err)
	t.Cleanup(server.Close)
	prepare(t, server)
	return server, roots
}

func value(user, password string) string {
	return fmt.Sprintf(`{"username":%q,"password":%q}`, user, password)
}

// subject returns the secret that rotates orders by an administrator, whose value is user's first
// login.
func subject(server *mongodb.Server, user string) rotation.Subject {
	return rotation.Subject{
		Name: "orders-db", Owner: vaultSecret, Address: "mongodb://" + server.Addr + "/shop?tls=false", CredentialID: "orders",
		Current: secret.NewValue(value(user, oldPassword)), Admin: secret.NewValue(value("rotator", "canary-rotator")),
	}
}

// single returns the secret of class S, which has no administrator.
func single(server *mongodb.Server) rotation.Subject {
	s := subject(server, "orders")
	s.Admin = secret.Value{}
	return s
}

// described is what a user has, without its name and password.
func described(server *mongodb.Server, name string) string {
	for _, one := range server.Users() {
		if one.Name == name && one.DB == "shop" {
			return fmt.Sprintf("%v %v %v", one.Roles, one.Restrictions, one.Custom)
		}
	}
	return "gone"
}

// all is what all users have.
func all(server *mongodb.Server) string { return fmt.Sprintf("%+v", server.Users()) }
