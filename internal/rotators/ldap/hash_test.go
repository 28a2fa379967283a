package ldap

import (
	"encoding/base64"
	"os/exec"
	"strings"
	"testing"

	"rotunda/internal/rotators/rotatortest"
	"rotunda/internal/secret"
)

// digestOf hashes a password with a salt after it.
func digestOf(scheme, password, salt string) string {
	h := schemes[scheme]()
	h.Write([]byte(password + salt))
	return base64.StdEncoding.EncodeToString(append(h.Sum(nil), salt...))
}

func TestStoredPasswordsAreCompared(t *testing.T) {
	password := secret.NewValue("canary")
	for stored, want := range map[string][2]bool{
		"canary": {true, true}, "Canary": {false, true}, "{CLEARTEXT}canary": {false, false}, "{odd}canary": {false, false},
		"{SHA}" + digestOf("{SHA}", "canary", ""): {true, true}, "{ssha}" + digestOf("{SHA}", "canary", "abc"): {true, true},
		"{SSHA}" + digestOf("{SHA}", "Canary", "abc"): {false, true}, "{SSHA}": {false, true}, "{SSHA}????": {false, true}, "{SSHA}YWJj": {false, true},
		"{CRYPT}x": {false, false}, "{}": {false, true}, "{": {false, true}, "": {false, true}, "}{": {false, true},
	} {
		if is, known := isHashOf(stored, password); is != want[0] || known != want[1] {
			t.Errorf("%q: %v, %v", stored, is, known)
		}
	}
}

func TestOneHashForOnePassword(t *testing.T) {
	a, b := secret.NewValue("canary-a"), secret.NewValue("canary-b")
	hash := newHash(a, owner)
	if is, known := isHashOf(hash, a); !is || !known || hash != newHash(a, owner) || hash == newHash(a, "another") || hash == newHash(b, owner) {
		t.Error(hash)
	}
}

// slappasswd hashes as slapd does.
func TestHashesOfSlappasswd(t *testing.T) {
	path, err := exec.LookPath("slappasswd")
	if err != nil {
		t.Skip("skipped: slappasswd is not installed: apt-get install slapd")
	}
	for _, scheme := range []string{"{SSHA}", "{SHA}", "{SMD5}", "{MD5}"} {
		out, err := exec.Command(path, "-n", "-h", scheme, "-s", oldPassword).Output()
		rotatortest.Must(t, err)
		if is, _ := isHashOf(strings.TrimSpace(string(out)), secret.NewValue(oldPassword)); !is {
			t.Errorf("%s: %s", scheme, out)
		}
	}
}

func FuzzStoredPasswords(f *testing.F) {
	for _, stored := range []string{"canary", "{SSHA}YWJj", "{SHA512}", "{", "{}", "{CLEARTEXT}canary", "{crypt}x"} {
		f.Add(stored)
	}
	f.Fuzz(func(t *testing.T, stored string) {
		is, known := isHashOf(stored, secret.NewValue("canary-of-the-fuzzer"))
		if is && !known || is && !strings.HasPrefix(stored, "{") && stored != "canary-of-the-fuzzer" {
			t.Errorf("%q", stored)
		}
		_, _ = (server{}).refused(noPolicyError, stored)
		_ = rotatortest.Fault(t, (target{}).otherOwner(directory{}, stored))
		_, err := bindName(stored, "")
		if fault := rotatortest.Fault(t, err); fault != nil && !fault.Permanent {
			t.Error(fault)
		}
	})
}
