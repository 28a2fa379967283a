package rabbitmq

import (
	"net/http"
	"strings"
	"testing"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/rotatortest"
	"rotunda/internal/secret"
)

const otherMark = "rotunda:contoso.vault.azure.net/other"

func TestRabbitMQUsersOfOthersAreNotChanged(t *testing.T) {
	for name, row := range map[string]struct {
		prepare func(t *testing.T, app application)
		says    string
	}{
		"a user that nobody marked": {func(t *testing.T, app application) {
			app.set(t, "users/"+app.owner+"_a", `{"password":"canary-x","tags":[]}`)
		}, "nothing shows that Rotunda made it"},
		"a user of another secret": {func(t *testing.T, app application) {
			app.set(t, "users/"+app.owner+"_a", `{"password":"canary-x","tags":["`+otherMark+`"]}`)
		}, "belongs to another secret (contoso.vault.azure.net/other)"},
		"a user of two secrets": {func(t *testing.T, app application) {
			app.set(t, "users/"+app.owner+"_a", `{"password":"canary-x","tags":["`+otherMark+`","rotunda:`+vaultSecret+`"]}`)
		}, "belongs to another secret"},
		"a mark that is no name": {func(t *testing.T, app application) {
			app.set(t, "users/"+app.owner+"_a", `{"password":"canary-x","tags":["rotunda:canary <script>"]}`)
		}, "belongs to another secret (unreadable)"},
		"an owner that is another secret's login": {func(t *testing.T, app application) {
			app.set(t, "users/"+app.owner, `{"password":"`+oldPassword+`","tags":["`+otherMark+`"]}`)
		}, "belongs to another secret"},
		"an owner whose password the secret does not have": {func(t *testing.T, app application) {
			app.set(t, "users/"+app.owner, `{"password":"canary-changed","tags":[]}`)
		}, "does not log in"},
		"an owner that is gone": {func(t *testing.T, app application) {
			app.API(t, http.MethodDelete, "users/"+app.owner, "")
		}, "has no user"},
	} {
		t.Run(name, func(t *testing.T) {
			app := newApplication(t)
			row.prepare(t, app)
			s := app.subject(app.owner)
			before := app.API(t, http.MethodGet, "users", "")
			rotatortest.RefuseApply(t, Rotator{}, s, app.login("a", newPassword), row.says)
			if _, err := (Rotator{}).Check(t.Context(), s); !strings.Contains(row.says, "log in") && (err == nil || !strings.Contains(err.Error(), row.says)) {
				t.Errorf("Check: %v", err)
			}
			if app.API(t, http.MethodGet, "users", "") != before {
				t.Error("something was changed")
			}
		})
	}
}

// A login of the pair that Rotunda did not make may be anybody's, even if it is the secret's.
func TestARabbitMQPairMadeByHandIsRefused(t *testing.T) {
	app := newApplication(t)
	app.set(t, "users/"+app.owner+"_a", `{"password":"`+oldPassword+`","tags":[]}`)
	s := app.subject(app.owner + "_a")
	rotatortest.RefuseApply(t, Rotator{}, s, app.login("b", newPassword), "rabbitmqctl set_user_tags")
	app.set(t, "users/"+app.owner+"_a", `{"password":"`+oldPassword+`","tags":["rotunda:`+vaultSecret+`"]}`)
	rotatortest.Apply(t, Rotator{}, s, app.login("b", newPassword))
	rotatortest.WantVerdict(t, Rotator{}, s, app.login("b", newPassword), rotation.Accepted)
}

// What has replaced an old password, or is another secret's, stays when that is retired.
func TestRetiringLeavesOthersRabbitMQUsersAlone(t *testing.T) {
	app := newApplication(t)
	s := app.subject(app.owner)
	rotatortest.Apply(t, Rotator{}, s, app.login("a", newPassword))
	s.Current = secret.NewValue(app.login("a", newPassword))
	app.set(t, "users/"+app.owner, `{"password":"canary-by-hand","tags":["management"]}`)
	rotatortest.Retire(t, Rotator{}, s, app.value(app.owner, oldPassword).Reveal())
	rotatortest.WantVerdict(t, Rotator{}, s, app.value(app.owner, "canary-by-hand").Reveal(), rotation.Accepted)
	app.set(t, "users/"+app.owner, `{"password":"`+oldPassword+`","tags":["`+otherMark+`"]}`)
	err := Rotator{}.Retire(t.Context(), s, app.value(app.owner, oldPassword), rotatortest.Unfenced)
	if fault := rotatortest.Fault(t, err); fault == nil || !strings.Contains(fault.Reason, "another secret") {
		t.Errorf("got %v", err)
	}
	err = Rotator{}.Retire(t.Context(), s, s.Admin, rotatortest.Unfenced)
	rotatortest.WantPermanent(t, err, "AdminSecret's own")
	app.API(t, http.MethodDelete, "users/"+app.owner, "")
	rotatortest.Retire(t, Rotator{}, s, app.value(app.owner, oldPassword).Reveal())
}

// Tags stay when a password goes.
func TestARetiredRabbitMQUserKeepsItsTags(t *testing.T) {
	app := newApplication(t)
	s := app.subject(app.owner)
	rotatortest.Apply(t, Rotator{}, s, app.login("a", newPassword))
	s.Current = secret.NewValue(app.login("a", newPassword))
	app.set(t, "users/"+app.owner, `{"password":"`+oldPassword+`","tags":["management","team b"]}`)
	rotatortest.Retire(t, Rotator{}, s, app.value(app.owner, oldPassword).Reveal())
	if tags := app.tags(t, app.owner); tags != "management team b" {
		t.Errorf("the tags are %q", tags)
	}
}

func TestALongMarkFitsInATag(t *testing.T) {
	app := newApplication(t)
	s := app.subject(app.owner)
	s.Owner = strings.Repeat("v", 200) + ".vault.azure.net/" + strings.Repeat("n", 127)
	rotatortest.Apply(t, Rotator{}, s, app.login("a", newPassword))
	other := s
	other.Owner += "x"
	rotatortest.RefuseApply(t, Rotator{}, other, app.login("a", third), "another secret")
	s.Owner = ""
	rotatortest.RefuseApply(t, Rotator{}, s, app.login("a", third), "does not know the name")
}

// A server knows the passwords that it was sent, and may write them where a fault would have them.
func TestATagThatHasAPasswordIsNotRepeated(t *testing.T) {
	const current, next, administrators = "canary-Current-1", "canary-Next-2", "canary-Keeper-3"
	s := rotation.Subject{
		Owner: vaultSecret, Address: "rabbitmq://127.0.0.1?sslmode=disable", CredentialID: "orders", Current: application{}.value("orders", current),
		Admin: application{}.value("keeper", administrators),
	}
	target, err := readTarget(s)
	rotatortest.Must(t, err)
	target.next = secret.NewValue(next)
	for _, password := range []string{current, next, administrators} {
		rotatortest.WantPermanent(t, target.checkOther(user{Name: "orders", Tags: tags{markPrefix + "x/" + password}}), "another secret (unreadable)")
	}
}
