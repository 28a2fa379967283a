package ssh

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/rotatortest"
	"rotunda/internal/secret"
	"rotunda/internal/testserver"
)

func TestAUserHasTwoKeysUntilTheOldOneIsRetired(t *testing.T) {
	before := "# by hand, with spaces at the end   \n\nssh-ed25519 nonsense\n"
	after := "cert-authority ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBUKF/xEUrlsbsSwM2GD5z2TkWiZ0rHtFEDvGqdXUSL6 ca\n# no line end"
	options := `from="127.0.0.1,::1",environment="A=b,c \"d\"",no-agent-forwarding `
	var old string
	server, s := start(t, func(public string) string {
		old = options + public + " deploy@example.com\n"
		return before + old + after
	})
	next := planned(t, s)
	rotatortest.Apply(t, Rotator{}, s, next.Reveal())
	rotatortest.Apply(t, Rotator{}, s, next.Reveal())
	rotatortest.WantVerdict(t, Rotator{}, s, s.Current.Reveal(), rotation.Accepted)
	rotatortest.WantVerdict(t, Rotator{}, s, next.Reveal(), rotation.Accepted)
	added, ok := strings.CutPrefix(content(t, server), before+old)
	added, more := strings.CutSuffix(added, after)
	if !ok || !more || !strings.HasPrefix(added, options+"ssh-ed25519 ") || !strings.HasSuffix(added, " rotunda:"+owner+"\n") || strings.Count(added, "\n") != 1 {
		t.Errorf("the file became\n%s", content(t, server))
	}
	retired := s.Current
	s.Current = next
	rotatortest.Retire(t, Rotator{}, s, retired.Reveal())
	rotatortest.Retire(t, Rotator{}, s, retired.Reveal())
	rotatortest.WantVerdict(t, Rotator{}, s, retired.Reveal(), rotation.Rejected)
	rotatortest.WantVerdict(t, Rotator{}, s, next.Reveal(), rotation.Accepted)
	if got := content(t, server); got != before+added+after {
		t.Errorf("the file became\n%s", got)
	}
	info, err := os.Stat(server.Keys)
	if err != nil || info.Mode().Perm() != 0o640 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	wantNoLeftovers(t, server)
}

func wantNoLeftovers(t *testing.T, server *testserver.SSHD) {
	t.Helper()
	found, err := os.ReadDir(filepath.Dir(server.Keys))
	if err != nil || len(found) != 1 {
		t.Errorf("%v, %v", found, err)
	}
}

// The second rotation of a key removes the line that the first one has added.
func TestKeysAreRotatedAgainAndAgain(t *testing.T) {
	server, s := start(t, func(public string) string { return public }) // without a line end
	for range 3 {
		next := planned(t, s)
		rotatortest.Apply(t, Rotator{}, s, next.Reveal())
		old := s.Current
		s.Current = next
		rotatortest.Retire(t, Rotator{}, s, old.Reveal())
		rotatortest.WantVerdict(t, Rotator{}, s, next.Reveal(), rotation.Accepted)
	}
	if got := content(t, server); strings.Count(got, "\n") != 1 || !strings.HasSuffix(got, markPrefix+owner+"\n") {
		t.Errorf("the file became\n%s", got)
	}
}

func TestRetiringNeverTakesTheCurrentKey(t *testing.T) {
	server, s := start(t, plain)
	rotatortest.Retire(t, Rotator{}, s, s.Current.Reveal()+"\n")
	rotatortest.WantVerdict(t, Rotator{}, s, s.Current.Reveal(), rotation.Accepted)
	other, line := newKey(t)
	rotatortest.Must(t, os.WriteFile(server.Keys, []byte(content(t, server)+line+" other@example.com\n"), 0o600))
	rotatortest.Retire(t, Rotator{}, s, planned(t, s).Reveal()) // one that was never there
	rotatortest.WantVerdict(t, Rotator{}, s, other, rotation.Accepted)
}

func TestAFenceThatFailsLeavesTheFileAsItWas(t *testing.T) {
	server, s := start(t, plain)
	before := content(t, server)
	lost := errors.New("the lock was lost")
	err := Rotator{}.Apply(t.Context(), s, planned(t, s), func(context.Context) error { return lost })
	if !errors.Is(err, lost) || content(t, server) != before {
		t.Errorf("%v\n%s", err, content(t, server))
	}
}

// What somebody else writes between the reading and the writing is kept.
func TestAChangeAtTheSameTimeIsKept(t *testing.T) {
	server, s := start(t, plain)
	_, line := newKey(t)
	next := planned(t, s)
	times := 0
	err := Rotator{}.Apply(t.Context(), s, next, func(context.Context) error {
		if times++; times == 1 {
			return os.WriteFile(server.Keys, []byte(content(t, server)+line+" meanwhile\n"), 0o600)
		}
		return nil
	})
	rotatortest.Must(t, err)
	if got := content(t, server); times != 2 || !strings.Contains(got, "meanwhile") || strings.Count(got, "\n") != 3 {
		t.Errorf("%d times\n%s", times, got)
	}
	err = Rotator{}.Apply(t.Context(), s, planned(t, s), func(context.Context) error {
		return os.WriteFile(server.Keys, []byte(content(t, server)+"# again\n"), 0o600)
	})
	wantFault(t, err, "at the same time")
	wantNoLeftovers(t, server)
}

// A key that may run one command only is rotated by another key of the same user, and stays
// restricted.
func TestARestrictedKeyNeedsAnother(t *testing.T) {
	server, s := start(t, func(public string) string { return `restrict,command="echo canary" ` + plain(public) })
	_, err := Rotator{}.Check(t.Context(), s)
	wantFault(t, err, "AdminSecret")
	wantFault(t, Rotator{}.Apply(t.Context(), s, planned(t, s), rotatortest.Unfenced), "AdminSecret")
	admin, line := newKey(t)
	rotatortest.Must(t, os.WriteFile(server.Keys, []byte(line+" keeper\n"+content(t, server)), 0o600))
	s.Admin = secret.NewValue(admin)
	rotatortest.WantVerdict(t, Rotator{}, s, admin, rotation.Accepted)
	_, err = Rotator{}.Check(t.Context(), s)
	rotatortest.Must(t, err)
	next := planned(t, s)
	rotatortest.Apply(t, Rotator{}, s, next.Reveal())
	rotatortest.WantVerdict(t, Rotator{}, s, next.Reveal(), rotation.Accepted)
	if got := content(t, server); strings.Count(got, `restrict,command="echo canary" ssh-ed25519 `) != 2 {
		t.Errorf("the file became\n%s", got)
	}
}

func TestAKeyOfAnotherSecretIsLeftAlone(t *testing.T) {
	for mark, name := range map[string]string{"fabrikam.vault.azure.net/other": "the secret fabrikam.vault.azure.net/other", "<b>": "of another name"} {
		server, s := start(t, func(public string) string { return public + " " + markPrefix + mark + "\n" })
		before := content(t, server)
		_, err := Rotator{}.Check(t.Context(), s)
		rotatortest.WantPermanent(t, err, name)
		rotatortest.WantPermanent(t, Rotator{}.Apply(t.Context(), s, planned(t, s), rotatortest.Unfenced), name)
		other := s
		other.Current = planned(t, s)
		wantFault(t, Rotator{}.Retire(t.Context(), other, s.Current, rotatortest.Unfenced), "does not accept the key")
		if content(t, server) != before {
			t.Errorf("the file became\n%s", content(t, server))
		}
	}
}

func TestFilesThatCantBeReplaced(t *testing.T) {
	server, s := start(t, plain)
	check := func(text string) {
		t.Helper()
		_, err := Rotator{}.Check(t.Context(), s)
		wantFault(t, err, text)
	}
	s.Address += "?file=elsewhere"
	check("has no file elsewhere")
	s.Address = "ssh://" + server.Addr + "?file=" + server.Keys
	_, err := Rotator{}.Check(t.Context(), s)
	rotatortest.Must(t, err)
	rotatortest.Must(t, os.Symlink(server.Keys, server.Keys+"2"))
	s.Address = "ssh://" + server.Addr + "?file=.ssh/authorized_keys2"
	check("is a symbolic link")
	rotatortest.Must(t, os.WriteFile(server.Keys+"3", []byte("# nothing\n"), 0o600))
	s.Address = "ssh://" + server.Addr + "?file=.ssh/authorized_keys3"
	check("does not have the secret's current key")
	rotatortest.Must(t, os.WriteFile(server.Keys+"4", []byte(strings.Repeat("# a long file\n", 6000)), 0o600))
	s.Address = "ssh://" + server.Addr + "?file=.ssh/authorized_keys4"
	check("64 KiB")
}

func TestWhatAnSSHServerSaysToALogin(t *testing.T) {
	server, s := start(t, plain)
	plan, err := Rotator{}.Plan(s)
	rotatortest.Must(t, err)
	rotatortest.WantVerdict(t, Rotator{}, s, plan.Decoy.Reveal(), rotation.Rejected)
	nobody := s
	nobody.CredentialID = "rotunda-nobody"
	rotatortest.WantVerdict(t, Rotator{}, nobody, s.Current.Reveal(), rotation.Rejected)
	for i := range server.HostKeys {
		s.Tags[rotation.TagSSHHostKey] = server.HostKeys[i]
		rotatortest.WantVerdict(t, Rotator{}, s, s.Current.Reveal(), rotation.Accepted)
	}
	s.Tags[rotation.TagSSHHostKey] = "SHA256:uNiVztksCsDhcc0u9e8BrqXVWM7XbWHwXbXcV/NFq3w"
	wantUnknown(t, s, "none of the host keys")
	s.Tags[rotation.TagSSHHostKey] += ", " + server.HostKeys[1]
	rotatortest.WantVerdict(t, Rotator{}, s, s.Current.Reveal(), rotation.Accepted)
	server.Stop()
	wantUnknown(t, s, "can't be reached")
}

func wantUnknown(t *testing.T, s rotation.Subject, text string) {
	t.Helper()
	verdict, err := Rotator{}.Probe(t.Context(), s, s.Current)
	if wantFault(t, err, text); verdict != rotation.Unknown {
		t.Errorf("got %v", verdict)
	}
}

// A server that wants more than the key has not said that the key is wrong.
func TestLoginsThatNeedMoreThanAKey(t *testing.T) {
	_, s := start(t, plain, "AuthenticationMethods publickey,keyboard-interactive", "KbdInteractiveAuthentication yes")
	wantUnknown(t, s, "asks for something else")
	_, s = start(t, plain, "PubkeyAuthentication no", "PasswordAuthentication yes")
	wantUnknown(t, s, "no login by public key")
}

func TestServersWithoutAShell(t *testing.T) {
	for name, setting := range map[string]string{"files only": "ForceCommand internal-sftp", "a forced command": "ForceCommand echo canary"} {
		t.Run(name, func(t *testing.T) {
			server, s := start(t, plain, setting)
			before := content(t, server)
			_, err := Rotator{}.Check(t.Context(), s)
			wantFault(t, err, "does not run the commands")
			wantFault(t, Rotator{}.Apply(t.Context(), s, planned(t, s), rotatortest.Unfenced), "does not run the commands")
			if content(t, server) != before {
				t.Error("the file was changed")
			}
		})
	}
}

// One user of one server has one location, whatever the address.
func TestAServerIsKnownByItsHostKey(t *testing.T) {
	server, s := start(t, plain)
	here := rotatortest.Locate(t, Rotator{}, s)
	s.Address = fmt.Sprint("ssh://", strings.Replace(server.Addr, "127.0.0.1", "localhost", 1))
	if got := rotatortest.Locate(t, Rotator{}, s); got != here || got.Login == "" || got.Run == "" {
		t.Errorf("%v, not %v", got, here)
	}
	_, other := start(t, plain)
	if got := rotatortest.Locate(t, Rotator{}, other); got == here {
		t.Errorf("another server is at %v", got)
	}
}

// A server looks at all lines of a key until one lets it in.
func TestAKeyWithSeveralLinesKeepsThemAll(t *testing.T) {
	server, s := start(t, func(public string) string {
		return `from="192.0.2.1" ` + public + " elsewhere\n" + public + " here\n"
	})
	next := planned(t, s)
	_, err := Rotator{}.Check(t.Context(), s)
	rotatortest.Must(t, err)
	rotatortest.Apply(t, Rotator{}, s, next.Reveal())
	rotatortest.Apply(t, Rotator{}, s, next.Reveal())
	rotatortest.WantVerdict(t, Rotator{}, s, next.Reveal(), rotation.Accepted)
	retired := s.Current
	s.Current = next
	rotatortest.Retire(t, Rotator{}, s, retired.Reveal())
	rotatortest.WantVerdict(t, Rotator{}, s, next.Reveal(), rotation.Accepted)
	if got := content(t, server); strings.Count(got, "\n") != 2 || !strings.HasPrefix(got, `from="192.0.2.1" `) {
		t.Errorf("the file became\n%s", got)
	}
}

// The new line has the options of the old one, and so ends when that does.
func TestAKeyThatExpiresBeforeTheSecretIsFoundBefore(t *testing.T) {
	in := func(days int) string {
		return `expiry-time="` + time.Now().UTC().AddDate(0, 0, days).Format("20060102") + `Z" `
	}
	for options, fails := range map[string]bool{in(20): true, "no-pty," + in(20): true, in(40): false, "": false} {
		_, s := start(t, func(public string) string { return options + plain(public) })
		s.Tags[rotation.TagInterval] = "30"
		rotatortest.WantVerdict(t, Rotator{}, s, s.Current.Reveal(), rotation.Accepted)
		_, err := Rotator{}.Check(t.Context(), s)
		if (err != nil) != fails {
			t.Errorf("%s: %v", options, err)
		}
		if fails {
			rotatortest.WantPermanent(t, err, "expiry-time")
		}
	}
	long := `expiry-time="20991231235959" ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBUKF/xEUrlsbsSwM2GD5z2TkWiZ0rHtFEDvGqdXUSL6`
	if end, limited := parseLines([]byte(long))[0].expiry(); !limited || end.Year() != 2099 {
		t.Error(end, limited)
	}
}
