package mongodb

import (
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/x/bsonx/bsoncore"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/login"
	"rotunda/internal/rotators/rotatortest"
	"rotunda/internal/secret"
	"rotunda/internal/testserver"
)

// FerretDB is a server that others wrote. It has SCRAM and users, but neither custom data nor
// roles, so it takes class S without an administrator only.
func TestAFerretDBUserChangesItsOwnPassword(t *testing.T) {
	server := testserver.StartFerretDB(t)
	s := rotation.Subject{
		Name: "orders-db", Owner: vaultSecret, Address: "mongodb://" + server.Addr + "/shop?tls=false", CredentialID: "orders", Current: secret.NewValue(value("orders", oldPassword)),
	}
	target, err := readTarget(s)
	rotatortest.Must(t, err)
	admin, err := target.server.logIn(t.Context(), login.Login{User: server.Admin, Password: secret.NewValue(server.AdminPassword)}, adminDatabase)
	rotatortest.Must(t, err)
	defer admin.close()
	rotatortest.Must(t, admin.set(t.Context(), user{name: name{user: "orders"}}, oldPassword, fields{}.array("roles", bsoncore.Value{})))

	_, err = Rotator{}.Check(t.Context(), s)
	rotatortest.Must(t, err)
	rotatortest.WantVerdict(t, Rotator{}, s, value("orders", newPassword), rotation.Rejected)
	rotatortest.WantVerdict(t, Rotator{}, s, value("nobody", newPassword), rotation.Rejected)
	rotatortest.Apply(t, Rotator{}, s, value("orders", newPassword))
	rotatortest.WantVerdict(t, Rotator{}, s, value("orders", newPassword), rotation.Accepted)
	rotatortest.WantVerdict(t, Rotator{}, s, s.Current.Reveal(), rotation.Rejected)
	rotatortest.Must(t, Rotator{}.Apply(t.Context(), s, secret.NewValue(value("orders", newPassword)), rotatortest.Unfenced))
	if found := rotatortest.Locate(t, Rotator{}, rotation.Subject{Address: s.Address, CredentialID: "orders", Current: secret.NewValue(value("orders", newPassword))}); found != (rotation.Location{}) {
		t.Errorf("it says that it is %v", found)
	}

	s.Current = secret.NewValue(value("orders", newPassword))
	s.Admin = secret.NewValue(value(server.Admin, server.AdminPassword))
	rotatortest.RefuseApply(t, Rotator{}, s, value("orders_a", third), "remove the tags AdminSecret and RotationClass")
	if log := server.Log(); strings.Contains(log, oldPassword) || strings.Contains(log, newPassword) {
		t.Error("a password is in the server's log")
	}
}
