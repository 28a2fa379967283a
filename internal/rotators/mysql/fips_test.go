package mysql

import (
	"crypto/fips140"
	"os"
	"os/exec"
	"testing"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/rotatortest"
	"rotunda/internal/secret"
)

// A process of its own, as the setting is read when a program starts.
func TestWithoutSHA1ThereIsNoMySQL(t *testing.T) {
	if !fips140.Enforced() {
		again := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestWithoutSHA1ThereIsNoMySQL$")
		again.Env = append(os.Environ(), "GODEBUG=fips140=only")
		if out, err := again.CombinedOutput(); err != nil {
			t.Errorf("%v\n%s", err, out)
		}
		return
	}
	s := rotation.Subject{Name: "db", Address: "mysql://db", CredentialID: "app", Tags: map[string]string{rotation.TagClass: "S"}, Current: secret.NewValue(oldPassword)}
	_, err := Rotator{}.Plan(s)
	rotatortest.WantPermanent(t, err, "fips140")
	_, err = Rotator{}.Check(t.Context(), s)
	rotatortest.WantPermanent(t, err, "fips140")
}
