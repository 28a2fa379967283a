package rabbitmq

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/rotatortest"
	"rotunda/internal/secret"
)

// Two rotations: from the owner's own login to a, and on to b.
func TestTheTwoUsersOfRabbitMQTakeTurns(t *testing.T) {
	app := newApplication(t)
	s := app.subject(app.owner)
	rotatortest.WantVerdict(t, Rotator{}, s, s.Current.Reveal(), rotation.Accepted)
	next := app.login("a", newPassword)
	rotatortest.WantVerdict(t, Rotator{}, s, next, rotation.Rejected)
	rotatortest.Apply(t, Rotator{}, s, next)
	rotatortest.Apply(t, Rotator{}, s, next)
	rotatortest.WantVerdict(t, Rotator{}, s, next, rotation.Accepted)
	rotatortest.WantVerdict(t, Rotator{}, s, s.Current.Reveal(), rotation.Accepted)
	if got, want := app.described(t, app.owner+"_a"), app.described(t, app.owner); got != want || !strings.Contains(want, "max-connections") {
		t.Errorf("%s\nnot\n%s", got, want)
	}
	if tags := app.tags(t, app.owner+"_a"); tags != "rotunda:"+vaultSecret {
		t.Errorf("the tags are %q", tags)
	}

	old := s.Current.Reveal()
	s.Current = secret.NewValue(next)
	rotatortest.Retire(t, Rotator{}, s, old)
	rotatortest.Retire(t, Rotator{}, s, old)
	rotatortest.WantVerdict(t, Rotator{}, s, old, rotation.Rejected)
	if app.canConnect(t, app.owner, oldPassword, "/") || !app.canConnect(t, app.owner+"_a", newPassword, app.owner) {
		t.Error("AMQP does not agree")
	}

	last := app.login("b", third)
	rotatortest.Apply(t, Rotator{}, s, last)
	s.Current = secret.NewValue(last)
	rotatortest.Retire(t, Rotator{}, s, next)
	rotatortest.WantVerdict(t, Rotator{}, s, next, rotation.Rejected)
	rotatortest.WantVerdict(t, Rotator{}, s, last, rotation.Accepted)
	rotatortest.RetireLate(t, Rotator{}, s, next, true)
	rotatortest.Apply(t, Rotator{}, s, app.login("a", "canary-fourth-4"))
	rotatortest.WantVerdict(t, Rotator{}, s, app.login("a", "canary-fourth-4"), rotation.Accepted)
}

// The next user becomes what the owner is now, not what it was.
func TestWhatAnOwnerInRabbitMQLosesItsUsersLose(t *testing.T) {
	app := newApplication(t)
	s := app.subject(app.owner)
	app.set(t, "topic-permissions/%2F/"+app.owner, `{"exchange":"","write":"^c","read":"^d"}`)
	rotatortest.Apply(t, Rotator{}, s, app.login("a", newPassword))
	app.API(t, http.MethodDelete, "permissions/%2F/"+app.owner, "")
	app.API(t, http.MethodDelete, "topic-permissions/%2F/"+app.owner, "")
	app.set(t, "topic-permissions/%2F/"+app.owner, `{"exchange":"amq.topic","write":"^a","read":"^b"}`)
	app.API(t, http.MethodDelete, "user-limits/"+app.owner+"/max-connections", "")
	app.set(t, "user-limits/"+app.owner+"/max-channels", `{"value":3}`)
	app.set(t, "users/"+app.owner, `{"password":"`+oldPassword+`","tags":["monitoring","team b"]}`)
	rotatortest.Apply(t, Rotator{}, s, app.login("a", newPassword))
	if got, want := app.described(t, app.owner+"_a"), app.described(t, app.owner); got != want || !strings.Contains(want, "max-channels") {
		t.Errorf("%s\nnot\n%s", got, want)
	}
	if tags := app.tags(t, app.owner+"_a"); tags != "monitoring team b rotunda:"+vaultSecret {
		t.Errorf("the tags are %q", tags)
	}
	if app.canConnect(t, app.owner+"_a", newPassword, "/") || !app.canConnect(t, app.owner+"_a", newPassword, app.owner) {
		t.Error("AMQP does not agree")
	}
}

// A worker may die after any request: until the last one, the new password logs nobody in.
func TestARabbitMQUserThatCanLogInHasItsPermissions(t *testing.T) {
	app := newApplication(t)
	for allowed := 1; ; allowed++ {
		passer := startPasser(t, app.Addr, allowed)
		s := app.subject(app.owner)
		direct := s
		s.Address = "rabbitmq://" + passer + "?sslmode=disable"
		next := app.login("a", newPassword)
		err := Rotator{}.Apply(t.Context(), s, secret.NewValue(next), rotatortest.Unfenced)
		verdict, _ := Rotator{}.Probe(t.Context(), direct, secret.NewValue(next))
		if verdict == rotation.Accepted && app.described(t, app.owner+"_a") != app.described(t, app.owner) {
			t.Errorf("after %d requests a user without its permissions logs in", allowed)
		}
		if verdict == rotation.Accepted && err == nil {
			if allowed < 6 {
				t.Errorf("only %d requests", allowed)
			}
			return
		}
		_ = rotatortest.Fault(t, err)
		app.forget(t, app.owner+"_a")
	}
}

func TestARabbitMQFenceThatFailsLeavesAllAsItWas(t *testing.T) {
	app := newApplication(t)
	s := app.subject(app.owner)
	lost := errors.New("the lock was lost")
	before := app.API(t, http.MethodGet, "users", "")
	err := Rotator{}.Apply(t.Context(), s, secret.NewValue(app.login("a", newPassword)), func(context.Context) error { return lost })
	if !errors.Is(err, lost) || app.API(t, http.MethodGet, "users", "") != before {
		t.Errorf("got %v", err)
	}
}

func TestRetiringNeverTakesTheCurrentRabbitMQPassword(t *testing.T) {
	app := newApplication(t)
	s := app.subject(app.owner)
	rotatortest.Retire(t, Rotator{}, s, app.value(app.owner, "canary-older").Reveal())
	rotatortest.WantVerdict(t, Rotator{}, s, s.Current.Reveal(), rotation.Accepted)
	rotatortest.RefuseApply(t, Rotator{}, s, app.value(app.owner, newPassword).Reveal(), "does not change")
	rotatortest.RefuseApply(t, Rotator{}, s, app.value("somebody", newPassword).Reveal(), "does not change")
	rotatortest.Apply(t, Rotator{}, s, app.login("a", newPassword))
	s.Current = secret.NewValue(app.login("a", newPassword))
	rotatortest.RefuseApply(t, Rotator{}, s, app.login("a", third), "must not change")
}

func TestRabbitMQOverTLS(t *testing.T) {
	app := newApplication(t)
	s := app.subject(app.owner)
	s.Address, s.Trust = "rabbitmq://"+app.TLSAddr+"?sslrootcert=roots.pem", rotatortest.Trust(app.Roots)
	rotatortest.Apply(t, Rotator{}, s, app.login("a", newPassword))
	rotatortest.WantVerdict(t, Rotator{}, s, app.login("a", newPassword), rotation.Accepted)
	wantUnknown(t, s, "rabbitmq://"+app.TLSAddr, "certificate of RabbitMQ")
	wantUnknown(t, s, "rabbitmq://"+app.Addr, "needs sslmode=disable")
	wantUnknown(t, s, "rabbitmq://"+app.TLSAddr+"?sslmode=disable", "needs sslmode=disable")
	wantUnknown(t, s, "rabbitmq://"+app.AMQP+"?sslmode=disable", "not that of AMQP")
}

func wantUnknown(t *testing.T, s rotation.Subject, address, text string) {
	t.Helper()
	s.Address = address
	verdict, err := Rotator{}.Probe(t.Context(), s, s.Current)
	if fault := rotatortest.Fault(t, err); verdict != rotation.Unknown || fault == nil || !strings.Contains(fault.Reason, text) {
		t.Errorf("%s: %v, %v does not contain %q", address, verdict, err, text)
	}
}

// What the server logs has no password, and no new one is sent to it.
func TestRabbitMQNeverLogsAPassword(t *testing.T) {
	app := newApplication(t)
	s := app.subject(app.owner)
	rotatortest.Apply(t, Rotator{}, s, app.login("a", newPassword))
	rotatortest.WantVerdict(t, Rotator{}, s, app.login("a", third), rotation.Rejected)
	if log := app.Log(); strings.Contains(log, "canary-") || !strings.Contains(log, app.owner+"_a") {
		t.Error("a password is in the log, or the log is not there")
	}
}
