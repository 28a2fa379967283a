package redis

import (
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/bounded"
	"rotunda/internal/rotators/rotatortest"
	"rotunda/internal/secret"
)

// hostileReplies make a client allocate, recurse, panic or read without end.
var hostileReplies = []string{
	"$9223372036854775800\r\n", "$9223372036854775807\r\n", "$40000000000\r\n", "$70000\r\n", "$-9\r\n", "$\r\n", "$1e9\r\n",
	"*9223372036854775807\r\n", "*1000000000\r\n", "*5000\r\n", "*-9\r\n", "*4000\r\n*4000\r\n",
	"%1000000000\r\n", "~1000000000\r\n", ">1000000000\r\n", "|1000000000\r\n", "=40000000000\r\n", "!40000000000\r\n", "(" + strings.Repeat("9", 1000) + "\r\n",
	"\r\n", "\n", "+\n", "\x00\r\n", "HTTP/1.1 200 OK\r\n\r\n",
}

func TestARogueRedisCantHurt(t *testing.T) {
	for _, hostile := range hostileReplies {
		for _, polite := range [][]string{nil, {"-ERR unknown command\r\n"}, {"-ERR unknown command\r\n", "+OK\r\n"}} {
			t.Run(fmt.Sprintf("%.20q after %d", hostile, len(polite)), func(t *testing.T) {
				wantHarmless(t, func(conn net.Conn) { answer(conn, append(polite, hostile)) })
			})
		}
	}
	for _, flood := range []string{"a", "+a", "*1\r\n", "*4000\r\n", "$3\r\nabc\r\n", "-ERR a\r\n"} {
		t.Run("a flood of "+flood, func(t *testing.T) {
			wantHarmless(t, func(conn net.Conn) {
				answer(conn, []string{"-ERR unknown command\r\n"})
				rotatortest.Flood(conn, []byte(flood))
			})
		})
	}
}

// answer sends one reply to whatever comes, and then ends.
func answer(conn net.Conn, replies []string) {
	for _, reply := range replies {
		if _, err := conn.Read(make([]byte, 4096)); err != nil {
			return
		}
		_, _ = conn.Write([]byte(reply))
	}
}

func wantHarmless(t *testing.T, serve func(net.Conn)) {
	t.Helper()
	rogue := rotatortest.StartRogue(t, serve)
	rotatortest.WantBounded(t, Rotator{}, rotation.Subject{
		Name: "cache", Address: "redis://" + rogue.Addr, CredentialID: "app", Current: secret.NewValue(oldPassword),
	})
}

// Only Redis's own OK shows that a login was accepted: a new value is published because of it.
func TestOnlyOKAcceptsALogin(t *testing.T) {
	for reply, want := range map[string]rotation.Verdict{
		"+OK\r\n": rotation.Accepted, "-WRONGPASS x\r\n": rotation.Rejected,
		"+megabytes\r\n": rotation.Unknown, "+PONG\r\n": rotation.Unknown, "+\r\n": rotation.Unknown, "$3\r\nabc\r\n": rotation.Unknown,
		":1\r\n": rotation.Unknown, "*0\r\n": rotation.Unknown, "$-1\r\n": rotation.Unknown, "-ERR OK\r\n": rotation.Unknown,
	} {
		rogue := rotatortest.StartRogue(t, func(conn net.Conn) { answer(conn, []string{"-ERR unknown command\r\n", reply}) })
		s := rotation.Subject{Name: "cache", Address: "redis://" + rogue.Addr, CredentialID: "app", Current: secret.NewValue(oldPassword)}
		rotatortest.WantVerdict(t, Rotator{}, s, newPassword, want)
	}
}

// A password never goes to a server that is not on this machine without TLS, unless a setting says
// so.
func TestRedisWithoutTLSIsRefused(t *testing.T) {
	for address, refused := range map[string]bool{
		"redis://cache.example.com": true, "redis://10.0.0.1": true, "redis://127.0.0.1.example.com": true, "redis://localhost.example.com": true,
		"redis://127.0.0.1": false, "redis://[::1]": false, "redis://localhost": false, "rediss://cache.example.com": false,
	} {
		s := rotation.Subject{Name: "cache", Address: address, CredentialID: "app", Current: secret.NewValue(oldPassword)}
		if _, err := (Rotator{}).Plan(s); (err != nil) != refused {
			t.Errorf("%s: %v", address, err)
		}
		s.Trust.Plaintext = true
		if _, err := (Rotator{}).Plan(s); err != nil {
			t.Errorf("%s: %v", address, err)
		}
	}
}

// However the bytes of replies are cut, the same is refused.
func FuzzReplies(f *testing.F) {
	for _, reply := range hostileReplies {
		f.Add([]byte(reply), 1)
	}
	f.Add([]byte("*2\r\n$3\r\na\nb\r\n:5\r\n+OK\r\n-ERR x\r\n$-1\r\n*-1\r\n"), 3)
	f.Fuzz(func(t *testing.T, data []byte, at int) {
		at = max(0, min(at, len(data)))
		whole, cut := new(replies).check(data), new(replies)
		first := cut.check(data[:at])
		if first == nil {
			first = cut.check(data[at:])
		}
		if (whole == nil) != (first == nil) || len(cut.line) > len(data) || whole != nil && !errors.Is(whole, bounded.ErrUnexpected) {
			t.Errorf("%q: %v, cut at %d %v", data, whole, at, first)
		}
	})
}

// What a rogue says in place of an answer is never repeated, and the fault says what to do.
func TestWhatARogueRedisSaysIsNotRepeated(t *testing.T) {
	for said, names := range map[string]string{
		"-" + strings.ToUpper(oldPassword) + " x\r\n":                  "Its log may say why",
		"-CANARY" + strings.Repeat("A", 60000) + " x\r\n":              "Its log may say why",
		"-ERR " + oldPassword + strings.Repeat("\x1b", 60000) + "\r\n": "Its log may say why",
		"HTTP/1.1 400 canary\r\n\r\n":                                  "is not Redis",
		"$40000000000\r\n":                                             "is not Redis",
		"":                                                             "can't be reached",
	} {
		rogue := rotatortest.StartRogue(t, func(conn net.Conn) { answer(conn, []string{"-ERR unknown command\r\n", said}) })
		s := rotation.Subject{Name: "cache", Address: "redis://" + rogue.Addr, CredentialID: "app", Current: secret.NewValue(oldPassword)}
		for name, call := range map[string]func() error{
			"Probe":  func() error { _, err := Rotator{}.Probe(t.Context(), s, secret.NewValue(newPassword)); return err },
			"Check":  func() error { _, err := Rotator{}.Check(t.Context(), s); return err },
			"Locate": func() error { _, err := Rotator{}.Locate(t.Context(), s); return err },
		} {
			fault := rotatortest.Fault(t, call())
			if fault == nil || !strings.Contains(fault.Reason, names) || strings.Contains(fault.Reason, "CANARY") || len(fault.Reason) > 400 {
				t.Errorf("%.20q, %s: %v", said, name, fault)
			}
		}
	}
}

// A server without TLS is not taken for one that is unavailable.
func TestRedisThatAnswersWithoutTLS(t *testing.T) {
	rogue := rotatortest.StartRogue(t, func(conn net.Conn) { answer(conn, []string{"-ERR unknown command\r\n"}) })
	s := rotation.Subject{Name: "cache", Address: "rediss://" + rogue.Addr, CredentialID: "app", Current: secret.NewValue(oldPassword)}
	wantUnknown(t, s, "has no TLS")
}
