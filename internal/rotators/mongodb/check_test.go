package mongodb

import (
	"strings"
	"testing"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/rotatortest"
	"rotunda/internal/secret"
	"rotunda/internal/standin/mongodb"
)

func TestAMongoDBCheckPassesAndChangesNothing(t *testing.T) {
	server := start(t)
	before := all(server)
	for _, s := range []rotation.Subject{subject(server, "orders"), single(server)} {
		warnings, err := Rotator{}.Check(t.Context(), s)
		if err != nil || len(warnings) > 0 || all(server) != before {
			t.Errorf("%v, %v", warnings, err)
		}
	}
}

func TestAMongoDBCheckListsEverythingThatIsWrong(t *testing.T) {
	server := start(t)
	s := subject(server, "orders")
	rotatortest.Must(t, server.Create("admin", "rotator", "canary-rotator", mongodb.Role{Role: "@viewUser", DB: "shop"}, mongodb.Role{Role: "@createUser", DB: "shop"}))
	rotatortest.Must(t, server.Create("shop", "orders_a", "canary-x"))
	mark(server, "orders", "contoso.vault.azure.net/other")
	server.StepDown()
	_, err := Rotator{}.Check(t.Context(), s)
	_ = rotatortest.Fault(t, err)
	for _, says := range []string{"not the primary", "changePassword, changeCustomData, grantRole, revokeRole", "contoso.vault.azure.net/other", "nothing shows"} {
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%v does not contain %q", err, says)
		}
	}
	rotatortest.RefuseApply(t, Rotator{}, s, value("orders_a", newPassword), "not the primary")
}

func TestMongoDBRightsThatAreMissingAreNamed(t *testing.T) {
	server := start(t)
	s := subject(server, "orders")
	rotatortest.Must(t, server.Create("admin", "rotator", "canary-rotator", mongodb.Role{Role: "@viewUser", DB: "shop"}))
	rotatortest.RefuseApply(t, Rotator{}, s, value("orders_a", newPassword), "Unauthorized")
	rotatortest.Must(t, server.Create("admin", "rotator", "canary-rotator", mongodb.Role{Role: "read", DB: "shop"}))
	rotatortest.RefuseApply(t, Rotator{}, s, value("orders_a", newPassword), "does not permit reading its users")
	self := single(server)
	rotatortest.Must(t, server.Create("shop", "orders", oldPassword, readWrite))
	_, err := Rotator{}.Check(t.Context(), self)
	if fault := rotatortest.Fault(t, err); fault == nil || fault.Permanent || !strings.Contains(fault.Reason, "changeOwnPassword") {
		t.Errorf("got %v", err)
	}
	rotatortest.RefuseApply(t, Rotator{}, self, value("orders", newPassword), "changeOwnPassword")
}

func TestMongoDBCausesHaveNames(t *testing.T) {
	server := start(t)
	s := subject(server, "orders")
	s.Admin = secret.NewValue(value("rotator", "canary-wrong"))
	rotatortest.RefuseApply(t, Rotator{}, s, value("orders_a", newPassword), "rejects the login of AdminSecret")
	rotatortest.WantVerdict(t, Rotator{}, s, s.Admin.Reveal(), rotation.Rejected)
	s = subject(server, "orders")
	rotatortest.WantVerdict(t, Rotator{}, s, s.Admin.Reveal(), rotation.Accepted)
	server.Change("shop", "orders", func(u *mongodb.User) { u.Roles = append(u.Roles, mongodb.Role{Role: "gone", DB: "shop"}) })
	rotatortest.RefuseApply(t, Rotator{}, s, value("orders_a", newPassword), "RoleNotFound")
	server.Change("shop", "orders", func(u *mongodb.User) { u.Mechanisms = []string{"SCRAM-SHA-1"} })
	wantUnknown(t, s, s.Address, "mechanisms: [\"SCRAM-SHA-256\"]")
	server.Drop("shop", "orders")
	for _, s := range []rotation.Subject{subject(server, "orders"), single(server)} {
		verdict, err := Rotator{}.Probe(t.Context(), s, s.Current)
		if verdict != rotation.Rejected {
			t.Errorf("got %v", verdict)
		}
		rotatortest.WantPermanent(t, err, "has no user orders")
	}
}

func TestWhatMongoDBSaysHasAName(t *testing.T) {
	for says, refused := range map[string]refusal{
		"Administration API and refuses": {atlasError, "CMD_NOT_ALLOWED: createUser canary"},
		"Atlas at mongodb://db:27017":    {atlasError, "bad auth : canary"},
		"does not support what":          {notImplemented, "canary"},
		"does not know the command":      {commandNotFound, "canary"},
		"MechanismUnavailable":           {mechanismUnavailable, "canary"},
		"shutting down":                  {shutdownInProgress, "canary"},
		"no longer has the user":         {userNotFound, "canary"},
		"(code 12345)":                   {12345, strings.Repeat("canary", 10000)},
	} {
		s, err := parseAddress("mongodb://db", rotation.Trust{})
		rotatortest.Must(t, err)
		if fault := rotatortest.Fault(t, s.fault(changing, refused)); fault.Permanent || !strings.Contains(fault.Reason, says) {
			t.Errorf("%q: %v", says, fault)
		}
	}
}

// One user of one server has one location, whatever the address.
func TestMongoDBTellsWhichServerItIs(t *testing.T) {
	server := start(t)
	s := subject(server, "orders")
	here := rotatortest.Locate(t, Rotator{}, s)
	s.Address = strings.Replace(s.Address, "127.0.0.1", "localhost", 1)
	if got := rotatortest.Locate(t, Rotator{}, s); got != here || here.Login != "mongodb  shop.orders" || here.Run == "" {
		t.Errorf("%v, not %v", got, here)
	}
	if got := rotatortest.Locate(t, Rotator{}, subject(start(t), "orders")); got.Login != here.Login || got.Run == here.Run {
		t.Errorf("another server is %v", got)
	}
}

func TestMongoDBValuesInOtherForms(t *testing.T) {
	s := rotation.Subject{
		Name: "orders-db", Owner: vaultSecret, Address: "mongodb://db/shop", CredentialID: "orders",
		Current: secret.NewValue("mongodb://orders_a:" + oldPassword + "@db1:27017,db2:27017/shop?authSource=shop&replicaSet=rs0"), Admin: secret.NewValue(value("rotator", "canary-admin")),
	}
	for other, same := range map[string]bool{
		value("orders_a", oldPassword): true, "mongodb+srv://orders_a:" + oldPassword + "@db/": true,
		value("orders_b", oldPassword): false, value("orders_a", newPassword): false, oldPassword: false,
	} {
		if got := (Rotator{}).Same(s, s.Current, secret.NewValue(other)); got != same {
			t.Errorf("%q: %v", other, got)
		}
	}
	plan, err := Rotator{}.Plan(s)
	rotatortest.Must(t, err)
	if next := plan.Next.Reveal(); plan.Identity != "mongodb://db:27017 as shop.orders" || plan.Class != rotation.Alternating ||
		!strings.HasPrefix(next, "mongodb://orders_b:") || !strings.HasSuffix(next, "@db1:27017,db2:27017/shop?authSource=shop&replicaSet=rs0") || len(plan.Warnings) != 0 {
		t.Errorf("%v, %s, %v", plan.Identity, next, plan.Warnings)
	}
}

// The owner's roles may be of other databases than its users are of.
func TestRightsToTheOwnersRolesAreCheckedBefore(t *testing.T) {
	server := start(t)
	s := subject(server, "orders")
	var roles []mongodb.Role
	for _, action := range []string{"viewUser", "createUser", "changePassword", "changeCustomData", "grantRole", "revokeRole"} {
		roles = append(roles, mongodb.Role{Role: "@" + action, DB: "shop"})
	}
	rotatortest.Must(t, server.Create("admin", "rotator", "canary-rotator", roles...))
	_, err := Rotator{}.Check(t.Context(), s)
	if fault := rotatortest.Fault(t, err); fault == nil || !strings.Contains(fault.Reason, "setAuthenticationRestriction") {
		t.Errorf("got %v", err)
	}
	server.Change("shop", "orders", func(u *mongodb.User) { u.Restrictions = nil })
	_, err = Rotator{}.Check(t.Context(), s)
	rotatortest.Must(t, err)
	server.Change("shop", "orders", func(u *mongodb.User) { u.Roles = append(u.Roles, mongodb.Role{Role: "read", DB: "reports"}) })
	rotatortest.RefuseApply(t, Rotator{}, s, value("orders_a", newPassword), "Unauthorized")
	_, err = Rotator{}.Check(t.Context(), s)
	if fault := rotatortest.Fault(t, err); fault == nil || !strings.Contains(fault.Reason, "each of the owner's roles") {
		t.Errorf("got %v", err)
	}
	rotatortest.Must(t, server.Create("admin", "rotator", "canary-rotator", append(roles, mongodb.Role{Role: "@grantRole", DB: "reports"}, mongodb.Role{Role: "@revokeRole", DB: "reports"})...))
	_, err = Rotator{}.Check(t.Context(), s)
	rotatortest.Must(t, err)
}

// A server knows the passwords that it was sent, and may write them where a fault would have them.
func TestAMarkThatHasAPasswordIsNotRepeated(t *testing.T) {
	server := start(t)
	s := subject(server, "orders")
	for _, password := range []string{"canary-rotator", oldPassword, newPassword} {
		mark(server, "orders", "x.example.com/"+password)
		err := Rotator{}.Apply(t.Context(), s, secret.NewValue(value("orders_a", newPassword)), rotatortest.Unfenced)
		rotatortest.WantPermanent(t, err, "belongs to another secret")
	}
}
