package rabbitmq

import (
	"net/http"
	"strings"
	"testing"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/rotatortest"
	"rotunda/internal/secret"
)

func TestARabbitMQCheckPassesAndChangesNothing(t *testing.T) {
	app := newApplication(t)
	before := app.API(t, http.MethodGet, "users", "")
	warnings, err := Rotator{}.Check(t.Context(), app.subject(app.owner))
	if err != nil || len(warnings) > 0 || app.API(t, http.MethodGet, "users", "") != before {
		t.Errorf("%v, %v", warnings, err)
	}
}

func TestARabbitMQCheckListsEverythingThatIsWrong(t *testing.T) {
	app := newApplication(t)
	s := app.subject(app.owner)
	app.set(t, "users/"+app.owner, `{"password":"`+oldPassword+`","tags":["`+otherMark+`"]}`)
	app.set(t, "users/"+app.owner+"_a", `{"password":"canary-x","tags":[]}`)
	_, err := Rotator{}.Check(t.Context(), s)
	_ = rotatortest.Fault(t, err)
	if err == nil || strings.Count(err.Error(), "\n") != 1 || !strings.Contains(err.Error(), "another secret") || !strings.Contains(err.Error(), "Delete it") {
		t.Errorf("got %v", err)
	}
}

func TestARabbitMQCheckWarnsOfOddOwners(t *testing.T) {
	app := newApplication(t)
	s := app.subject(app.owner)
	app.set(t, "users/"+app.owner, `{"password":"`+oldPassword+`","tags":["administrator"]}`)
	app.API(t, http.MethodDelete, "permissions/%2F/"+app.owner, "")
	app.API(t, http.MethodDelete, "permissions/"+app.owner+"/"+app.owner, "")
	warnings, err := Rotator{}.Check(t.Context(), s)
	all := strings.Join(warnings, "\n")
	if err != nil || !strings.Contains(all, "is an administrator") || !strings.Contains(all, "no permissions") {
		t.Errorf("%v, %v", warnings, err)
	}
}

func TestWhatIsWrongWithRabbitMQsAdministrator(t *testing.T) {
	app := newApplication(t)
	for tags, says := range map[string]string{"": "set_user_tags", "management": "set_user_tags", "monitoring": "set_user_tags"} {
		keeper := app.owner + "-keeper"
		app.set(t, "users/"+keeper, `{"password":"canary-keeper","tags":"`+tags+`"}`)
		t.Cleanup(func() { app.forget(t, keeper) })
		s := app.subject(app.owner)
		s.Admin = app.value(keeper, "canary-keeper")
		rotatortest.WantVerdict(t, Rotator{}, s, s.Admin.Reveal(), rotation.Accepted)
		rotatortest.RefuseApply(t, Rotator{}, s, app.login("a", newPassword), says)
		_, err := Rotator{}.Check(t.Context(), s)
		if fault := rotatortest.Fault(t, err); fault == nil || fault.Permanent || !strings.Contains(fault.Reason, says) {
			t.Errorf("%q: %v", tags, err)
		}
		s.Admin = app.value(keeper, "canary-wrong")
		rotatortest.WantVerdict(t, Rotator{}, s, s.Admin.Reveal(), rotation.Rejected)
		rotatortest.RefuseApply(t, Rotator{}, s, app.login("a", newPassword), "rejects the login of AdminSecret")
		app.forget(t, keeper)
	}
}

func TestWhyRabbitMQRejectsALogin(t *testing.T) {
	app := newApplication(t)
	s := app.subject(app.owner)
	for says, prepare := range map[string]func(){
		"has no password": func() { app.set(t, "users/"+app.owner, `{"password_hash":"","tags":[]}`) },
		"has no user":     func() { app.forget(t, app.owner) },
	} {
		app.set(t, "users/"+app.owner, `{"password":"`+oldPassword+`","tags":[]}`)
		prepare()
		verdict, err := Rotator{}.Probe(t.Context(), s, s.Current)
		if verdict != rotation.Rejected {
			t.Errorf("got %v", verdict)
		}
		rotatortest.WantPermanent(t, err, says)
	}
	app.set(t, "users/"+app.owner, `{"password":"canary-changed","tags":[]}`)
	if verdict, err := (Rotator{}).Probe(t.Context(), s, s.Current); verdict != rotation.Rejected || err != nil {
		t.Errorf("%v, %v", verdict, err)
	}
	plan, err := Rotator{}.Plan(s)
	rotatortest.Must(t, err)
	rotatortest.WantVerdict(t, Rotator{}, s, plan.Decoy.Reveal(), rotation.Rejected)
}

// One user of one server has one location, whatever the address.
func TestRabbitMQTellsWhichServerItIs(t *testing.T) {
	app := newApplication(t)
	s := app.subject(app.owner)
	here := rotatortest.Locate(t, Rotator{}, s)
	if here.Login == "" || here.Run == "" || !strings.Contains(here.Login, app.owner+"_a") {
		t.Errorf("got %v", here)
	}
	s.Address, s.Trust = "rabbitmq://"+app.TLSAddr+"?sslrootcert=roots.pem", rotatortest.Trust(app.Roots)
	if got := rotatortest.Locate(t, Rotator{}, s); got != here {
		t.Errorf("%v, not %v", got, here)
	}
}

func TestRabbitMQValuesInOtherForms(t *testing.T) {
	s := rotation.Subject{
		Name: "orders-mq", Owner: vaultSecret, Address: "rabbitmq://127.0.0.1", CredentialID: "orders",
		Current: secret.NewValue("amqps://orders_a:" + oldPassword + "@mq:5671/%2F"), Admin: secret.NewValue(`{"username":"rotator","password":"canary-admin"}`),
	}
	for value, same := range map[string]bool{
		`{"username":"orders_a","password":"` + oldPassword + `"}`: true,
		"amqp://orders_a:" + oldPassword + "@other/":               true,
		"amqp://orders_b:" + oldPassword + "@mq/":                  false,
		"amqp://orders_a:" + newPassword + "@mq/":                  false,
		oldPassword: false,
	} {
		if got := (Rotator{}).Same(s, s.Current, secret.NewValue(value)); got != same {
			t.Errorf("%q: %v", value, got)
		}
	}
	plan, err := Rotator{}.Plan(s)
	rotatortest.Must(t, err)
	if next := plan.Next.Reveal(); plan.Identity != "rabbitmq://127.0.0.1:15671 as orders" || plan.Class != rotation.Alternating ||
		!strings.HasPrefix(next, "amqps://orders_b:") || !strings.HasSuffix(next, "@mq:5671/%2F") || len(plan.Warnings) != 0 {
		t.Errorf("%v, %s, %v", plan.Identity, next, plan.Warnings)
	}
}
