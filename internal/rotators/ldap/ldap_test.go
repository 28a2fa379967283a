package ldap

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/rotatortest"
	"rotunda/internal/secret"
	"rotunda/internal/testserver"
)

func TestAnOpenLDAPLoginHasTwoPasswordsUntilTheOldOneIsRetired(t *testing.T) {
	for name, as := range map[string]func(rotation.Subject) rotation.Subject{
		"itself": func(s rotation.Subject) rotation.Subject { return s }, "an administrator": byRotator,
	} {
		t.Run(name, func(t *testing.T) {
			server, s := start(t, testserver.SlapdOptions{Access: rotatorMay})
			s = as(s)
			rotatortest.Apply(t, Rotator{}, s, newPassword)
			rotatortest.Apply(t, Rotator{}, s, newPassword)
			rotatortest.WantVerdict(t, Rotator{}, s, oldPassword, rotation.Accepted)
			rotatortest.WantVerdict(t, Rotator{}, s, newPassword, rotation.Accepted)
			if stored := server.Values(t, app, "userPassword"); len(stored) != 2 {
				t.Errorf("%d passwords", len(stored))
			}
			server.Restart(t)
			s.Current = secret.NewValue(newPassword)
			rotatortest.Retire(t, Rotator{}, s, oldPassword)
			rotatortest.Retire(t, Rotator{}, s, oldPassword)
			rotatortest.WantVerdict(t, Rotator{}, s, oldPassword, rotation.Rejected)
			rotatortest.WantVerdict(t, Rotator{}, s, newPassword, rotation.Accepted)
			rotatortest.Apply(t, Rotator{}, s, "canary-third-3")
			s.Current = secret.NewValue("canary-third-3")
			rotatortest.Retire(t, Rotator{}, s, newPassword)
			rotatortest.WantVerdict(t, Rotator{}, s, newPassword, rotation.Rejected)
		})
	}
}

// The server is given hashes, which are what it stores and logs.
func TestOpenLDAPStoresAHash(t *testing.T) {
	server, s := start(t, testserver.SlapdOptions{})
	rotatortest.Apply(t, Rotator{}, s, newPassword)
	all := strings.Join(server.Values(t, app, "userPassword"), " ") + server.Log()
	if strings.Contains(all, newPassword) || !strings.Contains(all, "{SSHA}") {
		t.Error(all)
	}
}

func TestPasswordsOfOthersStay(t *testing.T) {
	server, s := start(t, testserver.SlapdOptions{})
	kept := []string{"canary-by-hand", "{CRYPT}$6$canary"}
	server.Replace(t, app, userPassword, append(kept, oldPassword)...)
	rotatortest.Apply(t, Rotator{}, s, newPassword)
	s.Current = secret.NewValue(newPassword)
	rotatortest.Retire(t, Rotator{}, s, oldPassword)
	stored := server.Values(t, app, userPassword)
	if len(stored) != 3 || !slices.Contains(stored, kept[0]) || !slices.Contains(stored, kept[1]) || slices.Contains(stored, oldPassword) {
		t.Errorf("%q", stored)
	}
}

// Whatever scheme slapd stored the first password in, it is found and removed.
func TestTheOldPasswordIsRecognised(t *testing.T) {
	server, s := start(t, testserver.SlapdOptions{})
	for _, stored := range []string{
		oldPassword, newHash(secret.NewValue(oldPassword), "by hand"), "{SSHA512}" + digestOf("{SHA512}", oldPassword, "salt"),
		"{SSHA256}" + digestOf("{SHA256}", oldPassword, "salt"), "{SHA}" + digestOf("{SHA}", oldPassword, ""), "{smd5}" + digestOf("{MD5}", oldPassword, "12345678"),
	} {
		t.Log(stored)
		server.Replace(t, app, userPassword, stored)
		s.Current = secret.NewValue(oldPassword)
		rotatortest.WantVerdict(t, Rotator{}, s, oldPassword, rotation.Accepted)
		_, err := Rotator{}.Check(t.Context(), s)
		rotatortest.Must(t, err)
		rotatortest.Apply(t, Rotator{}, s, newPassword)
		s.Current = secret.NewValue(newPassword)
		rotatortest.Retire(t, Rotator{}, s, oldPassword)
		rotatortest.WantVerdict(t, Rotator{}, s, oldPassword, rotation.Rejected)
		rotatortest.WantVerdict(t, Rotator{}, s, newPassword, rotation.Accepted)
	}
}

func TestRetiringNeverTakesTheOnlyPassword(t *testing.T) {
	server, s := start(t, testserver.SlapdOptions{Access: rotatorMay})
	rotatortest.Retire(t, Rotator{}, s, oldPassword)
	s = byRotator(s)
	s.Current = secret.NewValue(newPassword)
	wantFault(t, Rotator{}.Retire(t.Context(), s, secret.NewValue(oldPassword), rotatortest.Unfenced), "is the only one")
	rotatortest.WantVerdict(t, Rotator{}, s, oldPassword, rotation.Accepted)
	if len(server.Values(t, app, userPassword)) != 1 {
		t.Error("the only password was removed")
	}
}

func TestAFenceThatFailsLeavesTheDirectoryAsItWas(t *testing.T) {
	server, s := start(t, testserver.SlapdOptions{Access: rotatorMay})
	lost := errors.New("the lock was lost")
	for _, class := range []rotation.Class{rotation.Overlap, rotation.Single} {
		err := Rotator{}.Apply(t.Context(), inClass(byRotator(s), class), secret.NewValue(newPassword), func(context.Context) error { return lost })
		if !errors.Is(err, lost) {
			t.Errorf("got %v", err)
		}
	}
	rotatortest.WantVerdict(t, Rotator{}, s, newPassword, rotation.Rejected)
	rotatortest.WantVerdict(t, Rotator{}, s, oldPassword, rotation.Accepted)
	if marks := server.Values(t, app, "description"); len(marks) > 0 {
		t.Errorf("marked %q", marks)
	}
}

func TestClassSReplacesThePassword(t *testing.T) {
	for name, as := range map[string]func(rotation.Subject) rotation.Subject{
		"itself": func(s rotation.Subject) rotation.Subject { return s }, "an administrator": byRotator,
	} {
		t.Run(name, func(t *testing.T) {
			_, s := start(t, testserver.SlapdOptions{Access: rotatorMay})
			s = inClass(as(s), rotation.Single)
			_, err := Rotator{}.Check(t.Context(), s)
			rotatortest.Must(t, err)
			rotatortest.WantVerdict(t, Rotator{}, s, oldPassword, rotation.Accepted) // the check changed nothing
			rotatortest.Apply(t, Rotator{}, s, newPassword)
			rotatortest.WantVerdict(t, Rotator{}, s, newPassword, rotation.Accepted)
			rotatortest.WantVerdict(t, Rotator{}, s, oldPassword, rotation.Rejected)
			rotatortest.Retire(t, Rotator{}, s, oldPassword)
			rotatortest.WantVerdict(t, Rotator{}, s, newPassword, rotation.Accepted)
		})
	}
}
