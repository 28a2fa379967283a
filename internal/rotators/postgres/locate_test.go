package postgres

import (
	"strings"
	"testing"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/rotatortest"
	"rotunda/internal/secret"
	"rotunda/internal/testserver"
)

// One login of one server has one location, whatever the address; a restart changes its run only.
func TestPostgresTellsWhichServerItIs(t *testing.T) {
	server := testserver.StartPostgres(t, testserver.PostgresOptions{})
	app := newApplication(t, server)
	port := server.Addr[strings.LastIndex(server.Addr, ":")+1:]
	s := app.single()
	here := rotatortest.Locate(t, Rotator{}, s)
	for _, address := range []string{"postgresql://127.0.0.1:" + port, "postgres://127.0.0.1:" + port + "/template1", "postgres://LOCALHOST:" + port + "/postgres"} {
		s.Address = address + "?sslmode=disable"
		if got := rotatortest.Locate(t, Rotator{}, s); got != here || got.Login == "" || got.Run == "" {
			t.Errorf("%s: %v, not %v", address, got, here)
		}
	}
	app.Exec(t, "CREATE ROLE ann LOGIN PASSWORD '"+verifierOf(t, canaryOwner)+"'")
	other := s
	other.CredentialID, other.Current = "ann", urlValue("ann", canaryOwner)
	if got := rotatortest.Locate(t, Rotator{}, other); got.Login == here.Login || got.Run != here.Run {
		t.Errorf("another login: %v", got)
	}
	server.Stop()
	server.Start(t)
	if got := rotatortest.Locate(t, Rotator{}, s); got.Login != here.Login || got.Run == here.Run {
		t.Errorf("after a restart: %v, before %v", got, here)
	}
	app.Exec(t, "REVOKE EXECUTE ON FUNCTION pg_control_system() FROM PUBLIC") // in the database postgres, which s names
	if got := rotatortest.Locate(t, Rotator{}, s); got != (rotation.Location{}) {
		t.Errorf("without the right: %v", got)
	}
	s.Current = urlValue(app.owner, "canary-wrong")
	if _, err := (Rotator{}).Locate(t.Context(), s); rotatortest.Fault(t, err) == nil {
		t.Error("a wrong password found a location")
	}
}

// The pair of class A is not its owner, which another secret may rotate.
func TestPostgresLocatesAPair(t *testing.T) {
	app := newApplication(t, testserver.SharedPostgres(t))
	owner, pair := rotatortest.Locate(t, Rotator{}, app.single()), rotatortest.Locate(t, Rotator{}, app.alternating())
	if owner.Login == pair.Login || owner.Run != pair.Run || rotatortest.Locate(t, Rotator{}, rotated(t, app.alternating())) != pair {
		t.Errorf("%v, %v", owner, pair)
	}
}

func TestPostgresValuesInOtherForms(t *testing.T) {
	s := rotation.Subject{Address: "postgres://localhost?sslmode=disable", CredentialID: "app", Tags: map[string]string{}, Current: secret.NewValue(canaryOwner)}
	for value, same := range map[string]bool{
		canaryOwner + "\n": true,
		"postgres://app:" + canaryOwner + "@elsewhere/app":    true,
		`{"username":"app","password":"` + canaryOwner + `"}`: true,
		`{"username":"ann","password":"` + canaryOwner + `"}`: false,
		"canary-other": false,
		"":             false,
		"{":            false,
	} {
		if got := (Rotator{}).Same(s, s.Current, secret.NewValue(value)); got != same {
			t.Errorf("%q: %v", value, got)
		}
	}
}

func TestLocatingPostgresEndsWithItsCaller(t *testing.T) {
	rotatortest.WantPatience(t, Rotator{}, rogueSubject)
}
