package ldap

import (
	"slices"
	"strings"
	"testing"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/rotatortest"
	"rotunda/internal/secret"
	"rotunda/internal/testserver"
)

func TestALoginThatAnAdministratorChangesIsMarked(t *testing.T) {
	server, s := start(t, testserver.SlapdOptions{Access: rotatorMay})
	server.Replace(t, app, "description", "by hand")
	for _, class := range []rotation.Class{rotation.Overlap, rotation.Single} {
		rotatortest.Apply(t, Rotator{}, inClass(byRotator(s), class), newPassword)
		if got := server.Values(t, app, "description"); !slices.Equal(got, []string{"by hand", markPrefix + owner}) {
			t.Errorf("%s: %q", class, got)
		}
	}
}

func TestALoginOfAnotherSecretIsLeftAlone(t *testing.T) {
	server, s := start(t, testserver.SlapdOptions{Access: rotatorMay})
	for mark, name := range map[string]string{
		"fabrikam.vault.azure.net/other": "the secret fabrikam.vault.azure.net/other", "canary <b>": "of another name", strings.Repeat("a", 400) + "/b": "of another name",
	} {
		server.Replace(t, app, "description", markPrefix+mark)
		for _, class := range []rotation.Class{rotation.Overlap, rotation.Single} {
			for _, s := range []rotation.Subject{inClass(s, class), inClass(byRotator(s), class)} {
				before := snapshot(t, server)
				rotatortest.RefuseApply(t, Rotator{}, s, newPassword, name)
				failCheck(t, s, name)
				if snapshot(t, server) != before {
					t.Error("something was changed")
				}
			}
		}
	}
}

// Only a secret that holds a login's password has a claim to it, whatever its tags say.
func TestAnAdministratorTakesNoLoginOver(t *testing.T) {
	server, s := start(t, testserver.SlapdOptions{Access: rotatorMay})
	s = byRotator(s)
	s.Current = secret.NewValue("canary-guessed")
	for _, class := range []rotation.Class{rotation.Overlap, rotation.Single} {
		rotatortest.RefuseApply(t, Rotator{}, inClass(s, class), newPassword, "Nothing proves that the login is this secret's")
	}
	rotatortest.WantVerdict(t, Rotator{}, s, newPassword, rotation.Rejected)
	server.Replace(t, app, "description", markPrefix+owner)
	rotatortest.Apply(t, Rotator{}, s, newPassword)
	rotatortest.WantVerdict(t, Rotator{}, s, newPassword, rotation.Accepted)
}

// An entry that can have no mark is rotated without one.
func TestALoginThatCantBeMarked(t *testing.T) {
	_, s := start(t, testserver.SlapdOptions{Access: rotatorMay[:1]})
	rotatortest.Apply(t, Rotator{}, byRotator(s), newPassword)
	rotatortest.WantVerdict(t, Rotator{}, s, newPassword, rotation.Accepted)
}

// Whoever may write an entry may write a password into its mark, which a status would repeat.
func TestAMarkThatHasAPasswordIsNotRepeated(t *testing.T) {
	server, s := start(t, testserver.SlapdOptions{Access: rotatorMay})
	s = byRotator(s)
	for _, password := range []string{oldPassword, "canary-rotator", newPassword} {
		server.Replace(t, app, "description", markPrefix+"x.example.com/of-"+password)
		err := Rotator{}.Apply(t.Context(), s, secret.NewValue(newPassword), rotatortest.Unfenced)
		wantFault(t, err, "of another name")
		if strings.Contains(err.Error(), "canary") {
			t.Error(err)
		}
	}
}
