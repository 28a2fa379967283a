package ssh

import (
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"net"
	"os"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/rotatortest"
	"rotunda/internal/secret"
)

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	rotatortest.Must(t, err)
	return string(text)
}

func rogueSubject(t *testing.T, addr, hostKey string) rotation.Subject {
	private, _ := newKey(t)
	s := subject(private)
	s.Address, s.Tags[rotation.TagSSHHostKey] = "ssh://"+addr, hostKey
	return s
}

func TestWhatIsNoSSHServerCantHurt(t *testing.T) {
	version := "SSH-2.0-OpenSSH_9.2\r\n"
	for name, sent := range map[string]string{
		"nothing": "", "not SSH": "HTTP/1.1 400 Bad Request\r\n\r\n", "an old version": "SSH-1.5-x\r\n", "a long version": strings.Repeat("a", 70000),
		"4 GB": version + "\xff\xff\xff\xff\x00", "256 KiB": version + "\x00\x04\x00\x00\x00", "no padding": version + "\x00\x00\x00\x00\x00", "a message of nothing": version + "\x00\x00\x00\x0c\x0a\x14" + strings.Repeat("\x00", 10),
		"4 GB of algorithms": version + "\x00\x00\x00\x1c\x04\x14" + strings.Repeat("\x00", 16) + "\xff\xff\xff\xff" + "\x00\x00\x00\x00",
	} {
		t.Run(name, func(t *testing.T) {
			rogue := rotatortest.StartRogue(t, func(conn net.Conn) { _, _ = conn.Write([]byte(sent)) })
			rotatortest.WantBounded(t, Rotator{}, rogueSubject(t, rogue.Addr, fingerprint))
		})
	}
	for name, flood := range map[string]string{"lines": "a\r\n", "bytes": "a", "versions": version, "packets": "\x00\x00\x00\x0c\x0a\x02" + strings.Repeat("\x00", 10)} {
		for _, first := range []string{"", version} {
			t.Run("a flood of "+name+" after "+first, func(t *testing.T) {
				rogue := rotatortest.StartRogue(t, func(conn net.Conn) {
					_, _ = conn.Write([]byte(first))
					rotatortest.Flood(conn, []byte(flood))
				})
				rotatortest.WantBounded(t, Rotator{}, rogueSubject(t, rogue.Addr, fingerprint))
			})
		}
	}
}

// rogueServer speaks SSH, accepts every key, and answers every command by run. It returns its
// address and host key.
func rogueServer(t *testing.T, banner string, run func(command string, channel ssh.Channel)) (addr, hostKey string) {
	t.Helper()
	_, raw, err := ed25519.GenerateKey(rand.Reader)
	rotatortest.Must(t, err)
	signer, err := ssh.NewSignerFromKey(raw)
	rotatortest.Must(t, err)
	config := &ssh.ServerConfig{
		PublicKeyCallback: func(ssh.ConnMetadata, ssh.PublicKey) (*ssh.Permissions, error) { return nil, nil },
		BannerCallback:    func(ssh.ConnMetadata) string { return banner },
	}
	config.AddHostKey(signer)
	rogue := rotatortest.StartRogue(t, func(conn net.Conn) {
		_, channels, requests, err := ssh.NewServerConn(conn, config)
		if err != nil {
			return
		}
		go ssh.DiscardRequests(requests)
		for offered := range channels {
			channel, requests, err := offered.Accept()
			if err != nil {
				return
			}
			for request := range requests {
				_ = request.Reply(request.Type == "exec", nil)
				if request.Type == "exec" {
					run(string(request.Payload[4:]), channel)
					_ = channel.Close()
				}
			}
		}
	})
	return rogue.Addr, ssh.FingerprintSHA256(signer.PublicKey())
}

// ownWord returns the word that a command is to write before its answer.
func ownWord(command string) string {
	for word := range strings.FieldsSeq(command) {
		if strings.HasPrefix(word, "rotunda-") {
			return word
		}
	}
	return ""
}

func TestARogueSSHServerCantHurt(t *testing.T) {
	for name, row := range map[string]struct {
		banner string
		run    func(command string, channel ssh.Channel)
	}{
		"a flood of output": {"", func(_ string, channel ssh.Channel) { rotatortest.Flood(channel, []byte("a\n")) }},
		"a long file": {"", func(command string, channel ssh.Channel) {
			_, _ = channel.Write([]byte(ownWord(command) + " file writable 1 1\n"))
			rotatortest.Flood(channel, []byte("a\n"))
		}},
		"no numbers": {"", func(command string, channel ssh.Channel) {
			_, _ = channel.Write([]byte(ownWord(command) + " file writable ; $(x)\n"))
		}},
		"few words":     {"", func(command string, channel ssh.Channel) { _, _ = channel.Write([]byte(ownWord(command) + " \n")) }},
		"a half line":   {"", func(command string, channel ssh.Channel) { _, _ = channel.Write([]byte(ownWord(command) + " file")) }},
		"a long banner": {strings.Repeat("canary ", 30000), func(string, ssh.Channel) {}},
		"errors":        {"", func(_ string, channel ssh.Channel) { rotatortest.Flood(channel.Stderr(), []byte("canary\n")) }},
	} {
		t.Run(name, func(t *testing.T) {
			addr, hostKey := rogueServer(t, row.banner, row.run)
			rotatortest.WantBounded(t, Rotator{}, rogueSubject(t, addr, hostKey))
		})
	}
}

// A server that accepts every key is found out by the decoy, and no key is sent to a server whose
// host key is not in the tag.
func TestAServerThatIsNotTheOne(t *testing.T) {
	addr, hostKey := rogueServer(t, "", func(string, ssh.Channel) {})
	s := rogueSubject(t, addr, hostKey)
	plan, err := Rotator{}.Plan(s)
	rotatortest.Must(t, err)
	rotatortest.WantVerdict(t, Rotator{}, s, plan.Decoy.Reveal(), rotation.Accepted)
	s.Tags[rotation.TagSSHHostKey] = fingerprint
	for name, err := range map[string]error{
		"Apply":  Rotator{}.Apply(t.Context(), s, plan.Next, rotatortest.Unfenced),
		"Retire": Rotator{}.Retire(t.Context(), s, plan.Next, rotatortest.Unfenced),
	} {
		if fault, ok := errors.AsType[*rotation.Fault](err); !ok || !strings.Contains(fault.Reason, "none of the host keys") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if verdict, err := (Rotator{}).Probe(t.Context(), s, secret.NewValue(s.Current.Reveal())); verdict != rotation.Unknown || err == nil {
		t.Errorf("%v, %v", verdict, err)
	}
}

func TestLocatingAnSSHServerEndsWithItsCaller(t *testing.T) {
	rotatortest.WantPatience(t, Rotator{}, func(rogue *rotatortest.Rogue) rotation.Subject { return rogueSubject(t, rogue.Addr, fingerprint) })
}
