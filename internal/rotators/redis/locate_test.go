package redis

import (
	"strings"
	"testing"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/rotatortest"
	"rotunda/internal/secret"
	"rotunda/internal/testserver"
)

// One user of one server has one location, whatever the address; a restart changes its run only.
func TestRedisTellsWhichServerItIs(t *testing.T) {
	server := testserver.StartRedisTLS(t)
	s := newUser(t, server)
	here := rotatortest.Locate(t, Rotator{}, s)
	for _, address := range []string{"redis://" + strings.Replace(server.Addr, "127.0.0.1", "localhost", 1), "rediss://" + server.TLSAddr + "?cafile=roots.pem"} {
		s.Address, s.Trust = address, rotatortest.Trust(server.Roots)
		if got := rotatortest.Locate(t, Rotator{}, s); got != here || got.Login == "" || got.Run == "" {
			t.Errorf("%s: %v, not %v", address, got, here)
		}
	}
	server.Stop()
	server.Start(t)
	if got := rotatortest.Locate(t, Rotator{}, s); got.Login != here.Login || got.Run == here.Run {
		t.Errorf("after a restart: %v, before %v", got, here)
	}
	self := newUser(t, server)
	self.Admin = secret.Value{}
	if got := rotatortest.Locate(t, Rotator{}, self); got != (rotation.Location{}) {
		t.Errorf("without the right to ask: %v", got)
	}
	rotatortest.Must(t, server.Client(t).Do(t.Context(), "ACL", "SETUSER", "app", "+info").Err())
	if got := rotatortest.Locate(t, Rotator{}, self); got.Login != here.Login {
		t.Errorf("with it: %v, not %v", got, here)
	}
}

func TestRedisValuesInOtherForms(t *testing.T) {
	for id, rows := range map[string]map[string]bool{
		"app": {
			oldPassword + "\n": true, "redis://app:" + oldPassword + "@cache": true, `{"username":"app","password":"` + oldPassword + `"}`: true,
			"redis://:" + oldPassword + "@cache": false, newPassword: false, "": false,
		},
		"default": {"redis://:" + oldPassword + "@cache": true, "redis://default:" + oldPassword + "@cache": true, "redis://:" + newPassword + "@cache": false},
	} {
		s := rotation.Subject{Name: "cache", Address: "redis://127.0.0.1", CredentialID: id, Current: secret.NewValue(oldPassword)}
		for value, same := range rows {
			if got := (Rotator{}).Same(s, s.Current, secret.NewValue(value)); got != same {
				t.Errorf("%s, %q: %v", id, value, got)
			}
		}
	}
}

func TestLocatingRedisEndsWithItsCaller(t *testing.T) {
	rotatortest.WantPatience(t, Rotator{}, func(rogue *rotatortest.Rogue) rotation.Subject {
		return rotation.Subject{Name: "cache", Address: "redis://" + rogue.Addr, CredentialID: "app", Current: secret.NewValue(oldPassword)}
	})
}
