package mongodb

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/rotatortest"
	"rotunda/internal/secret"
	"rotunda/internal/standin/mongodb"
)

// Two rotations: from the owner's own login to a, and on to b.
func TestTheTwoUsersOfMongoDBTakeTurns(t *testing.T) {
	server := start(t)
	s := subject(server, "orders")
	rotatortest.WantVerdict(t, Rotator{}, s, s.Current.Reveal(), rotation.Accepted)
	next := value("orders_a", newPassword)
	rotatortest.WantVerdict(t, Rotator{}, s, next, rotation.Rejected)
	rotatortest.Apply(t, Rotator{}, s, next)
	rotatortest.Apply(t, Rotator{}, s, next)
	rotatortest.WantVerdict(t, Rotator{}, s, next, rotation.Accepted)
	rotatortest.WantVerdict(t, Rotator{}, s, s.Current.Reveal(), rotation.Accepted)
	if got := described(server, "orders_a"); !strings.HasPrefix(got, strings.TrimSuffix(described(server, "orders"), "}")) || !strings.Contains(got, vaultSecret) || !strings.Contains(got, "team") {
		t.Errorf("%s\nnot\n%s", got, described(server, "orders"))
	}

	old := s.Current.Reveal()
	s.Current = secret.NewValue(next)
	before := described(server, "orders")
	rotatortest.Retire(t, Rotator{}, s, old)
	rotatortest.Retire(t, Rotator{}, s, old)
	rotatortest.WantVerdict(t, Rotator{}, s, old, rotation.Rejected)
	if described(server, "orders") != before {
		t.Error("the owner has lost something else than its password")
	}
	server.Change("shop", "orders", func(u *mongodb.User) {
		u.Restrictions, u.Roles = nil, []mongodb.Role{{Role: "read", DB: "shop"}}
	})
	last := value("orders_b", third)
	rotatortest.Apply(t, Rotator{}, s, last)
	s.Current = secret.NewValue(last)
	rotatortest.Retire(t, Rotator{}, s, next)
	rotatortest.WantVerdict(t, Rotator{}, s, next, rotation.Rejected)
	rotatortest.WantVerdict(t, Rotator{}, s, last, rotation.Accepted)
	rotatortest.RetireLate(t, Rotator{}, s, next, true)
	rotatortest.Apply(t, Rotator{}, s, value("orders_a", newPassword))
	rotatortest.WantVerdict(t, Rotator{}, s, next, rotation.Accepted)
	if got := described(server, "orders_a"); got != described(server, "orders_b") || strings.Contains(got, "clientSource") || !strings.Contains(got, "read shop") {
		t.Errorf("%s\nnot\n%s", got, described(server, "orders_b"))
	}
}

func TestAMongoDBUserChangesItsOwnPassword(t *testing.T) {
	server := start(t)
	s := single(server)
	plan, err := Rotator{}.Plan(s)
	rotatortest.Must(t, err)
	if plan.Class != rotation.Single || plan.Identity != "mongodb://"+server.Addr+" as shop.orders" || len(plan.Warnings) != 2 {
		t.Errorf("%+v", plan)
	}
	_, err = Rotator{}.Check(t.Context(), s)
	rotatortest.Must(t, err)
	rotatortest.Apply(t, Rotator{}, s, value("orders", newPassword))
	rotatortest.WantVerdict(t, Rotator{}, s, value("orders", newPassword), rotation.Accepted)
	rotatortest.WantVerdict(t, Rotator{}, s, s.Current.Reveal(), rotation.Rejected)
	rotatortest.Must(t, Rotator{}.Apply(t.Context(), s, secret.NewValue(value("orders", newPassword)), rotatortest.Unfenced))
	rotatortest.RefuseApply(t, Rotator{}, s, value("orders", third), "refuses the current password and the new one")
	rotatortest.Retire(t, Rotator{}, s, s.Current.Reveal())
	if got := described(server, "orders"); strings.Contains(got, vaultSecret) || !strings.Contains(got, "team") {
		t.Errorf("the user has %s", got)
	}
}

func TestAnAdministratorChangesAMongoDBPassword(t *testing.T) {
	server := start(t)
	s := subject(server, "orders")
	s.Tags = map[string]string{rotation.TagClass: "S"}
	s.Current, s.CredentialID = secret.NewValue(oldPassword+"\n"), "orders"
	_, err := Rotator{}.Check(t.Context(), s)
	rotatortest.Must(t, err)
	rotatortest.Apply(t, Rotator{}, s, newPassword+"\n")
	rotatortest.WantVerdict(t, Rotator{}, s, newPassword, rotation.Accepted)
	rotatortest.Apply(t, Rotator{}, s, newPassword+"\n") // by its mark, as the old password does not prove it any more
	if got := described(server, "orders"); !strings.Contains(got, vaultSecret) || !strings.Contains(got, "team") || !strings.Contains(got, "readWrite") || !strings.Contains(got, "clientSource") {
		t.Errorf("the user has %s", got)
	}
	server.Drop("shop", "orders")
	rotatortest.RefuseApply(t, Rotator{}, s, third, "has no user orders")
}

func TestAMongoDBFenceThatFailsLeavesAllAsItWas(t *testing.T) {
	server := start(t)
	lost := errors.New("the lock was lost")
	for _, s := range []rotation.Subject{subject(server, "orders"), single(server)} {
		before := all(server)
		next := "orders_a"
		if !s.Admin.IsSet() {
			next = "orders"
		}
		err := Rotator{}.Apply(t.Context(), s, secret.NewValue(value(next, newPassword)), func(context.Context) error { return lost })
		if !errors.Is(err, lost) || all(server) != before {
			t.Errorf("got %v", err)
		}
		rotatortest.WantVerdict(t, Rotator{}, s, s.Current.Reveal(), rotation.Accepted)
	}
}

func TestRetiringNeverTakesTheCurrentMongoDBPassword(t *testing.T) {
	server := start(t)
	s := subject(server, "orders")
	rotatortest.Retire(t, Rotator{}, s, value("orders", "canary-older"))
	rotatortest.WantVerdict(t, Rotator{}, s, s.Current.Reveal(), rotation.Accepted)
	rotatortest.RefuseApply(t, Rotator{}, s, value("orders", newPassword), "does not change")
	rotatortest.Apply(t, Rotator{}, s, value("orders_a", newPassword))
	s.Current = secret.NewValue(value("orders_a", newPassword))
	rotatortest.RefuseApply(t, Rotator{}, s, value("orders_a", third), "must not change")
}

// A probe that fails fails once: some services lock users out.
func TestMongoDBFailsALoginOnce(t *testing.T) {
	server := start(t)
	s := single(server)
	rotatortest.WantVerdict(t, Rotator{}, s, value("orders", "canary-wrong"), rotation.Rejected)
	if logins := len(slices.DeleteFunc(server.Commands(), func(name string) bool { return name != "saslStart" })); logins != 1 {
		t.Errorf("%d logins", logins)
	}
}

func TestMongoDBOverTLS(t *testing.T) {
	server, roots := startTLS(t)
	addr := strings.Replace(server.Addr, "127.0.0.1", "localhost", 1)
	s := subject(server, "orders")
	s.Address, s.Trust = "mongodb://"+addr+"/shop?tlsCAFile=roots.pem", rotatortest.Trust(roots)
	rotatortest.Apply(t, Rotator{}, s, value("orders_a", newPassword))
	rotatortest.WantVerdict(t, Rotator{}, s, value("orders_a", newPassword), rotation.Accepted)
	if plan, err := (Rotator{}).Plan(s); err != nil || len(plan.Warnings) != 1 {
		t.Errorf("%v, %v", plan.Warnings, err)
	}
	wantUnknown(t, s, "mongodb://"+addr+"/shop", "certificate of MongoDB")
	wantUnknown(t, s, "mongodb://"+addr+"/shop?tls=false", "may require TLS")
	wantUnknown(t, s, "mongodb://"+start(t).Addr+"/shop", "closed the connection")
}

func wantUnknown(t *testing.T, s rotation.Subject, address, text string) {
	t.Helper()
	s.Address = address
	verdict, err := Rotator{}.Probe(t.Context(), s, s.Current)
	if fault := rotatortest.Fault(t, err); verdict != rotation.Unknown || fault == nil || !strings.Contains(fault.Reason, text) {
		t.Errorf("%s: %v, %v does not contain %q", address, verdict, err, text)
	}
}

func TestMongoDBUsersOfOthersAreNotChanged(t *testing.T) {
	for name, row := range map[string]struct {
		prepare func(server *mongodb.Server)
		says    string
	}{
		"a user that nobody marked": {func(s *mongodb.Server) { _ = s.Create("shop", "orders_a", "canary-x") }, "nothing shows that Rotunda made it"},
		"a user of another secret": {func(s *mongodb.Server) {
			_ = s.Create("shop", "orders_a", "canary-x")
			mark(s, "orders_a", "contoso.vault.azure.net/other")
		}, "belongs to the secret contoso.vault.azure.net/other"},
		"a mark that is no name": {func(s *mongodb.Server) {
			_ = s.Create("shop", "orders_a", "canary-x")
			mark(s, "orders_a", "canary <script>")
		}, "belongs to another secret"},
		"a mark that is no text":                           {func(s *mongodb.Server) { _ = s.Create("shop", "orders_a", "canary-x"); mark(s, "orders_a", 7) }, "belongs to another secret"},
		"an owner that is another secret's login":          {func(s *mongodb.Server) { mark(s, "orders", "contoso.vault.azure.net/other") }, "belongs to the secret"},
		"an owner whose password the secret does not have": {func(s *mongodb.Server) { _ = s.Create("shop", "orders", "canary-changed") }, "does not log in"},
		"an owner that is gone":                            {func(s *mongodb.Server) { s.Drop("shop", "orders") }, "has no user orders"},
	} {
		t.Run(name, func(t *testing.T) {
			server := start(t)
			row.prepare(server)
			s := subject(server, "orders")
			before := all(server)
			rotatortest.RefuseApply(t, Rotator{}, s, value("orders_a", newPassword), row.says)
			if _, err := (Rotator{}).Check(t.Context(), s); !strings.Contains(row.says, "log in") && (err == nil || !strings.Contains(err.Error(), row.says)) {
				t.Errorf("Check: %v", err)
			}
			if all(server) != before {
				t.Error("something was changed")
			}
		})
	}
}

func mark(server *mongodb.Server, user string, owner any) {
	server.Change("shop", user, func(u *mongodb.User) { u.Custom = bson.D{{Key: "rotunda", Value: owner}} })
}

// What has replaced an old password, or is another secret's, stays when that is retired.
func TestRetiringLeavesOthersMongoDBUsersAlone(t *testing.T) {
	server := start(t)
	s := subject(server, "orders")
	rotatortest.Apply(t, Rotator{}, s, value("orders_a", newPassword))
	s.Current = secret.NewValue(value("orders_a", newPassword))
	rotatortest.Must(t, server.Create("shop", "orders", "canary-by-hand", readWrite))
	rotatortest.Retire(t, Rotator{}, s, value("orders", oldPassword))
	rotatortest.WantVerdict(t, Rotator{}, s, value("orders", "canary-by-hand"), rotation.Accepted)
	rotatortest.Must(t, server.Create("shop", "orders", oldPassword, readWrite))
	mark(server, "orders", "contoso.vault.azure.net/other")
	if fault := rotatortest.Fault(t, Rotator{}.Retire(t.Context(), s, secret.NewValue(value("orders", oldPassword)), rotatortest.Unfenced)); fault == nil || !strings.Contains(fault.Reason, "contoso.vault.azure.net/other") {
		t.Errorf("got %v", fault)
	}
	server.Drop("shop", "orders")
	rotatortest.Retire(t, Rotator{}, s, value("orders", oldPassword))
}

// A pair that Rotunda did not make may be anybody's, even if the secret has its password.
func TestAMongoDBPairMadeByHandIsRefused(t *testing.T) {
	server := start(t)
	rotatortest.Must(t, server.Create("shop", "orders_a", oldPassword, readWrite))
	s := subject(server, "orders_a")
	rotatortest.RefuseApply(t, Rotator{}, s, value("orders_b", newPassword), "set the field rotunda of its customData to "+vaultSecret)
	mark(server, "orders_a", vaultSecret)
	rotatortest.Apply(t, Rotator{}, s, value("orders_b", newPassword))
}
