package mysql

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net"
	"strings"
	"testing"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/rotatortest"
	"rotunda/internal/secret"
	"rotunda/internal/standin/ca"
)

// packet returns a packet of a server that claims to have so many bytes.
func packet(number byte, claimed int, body string) string {
	header := []byte{byte(claimed), byte(claimed >> 8), byte(claimed >> 16), number}
	return string(header) + body
}

// packets returns packets with these bodies, numbered from first on.
func packets(first int, bodies ...string) string {
	var all strings.Builder
	for i, body := range bodies {
		all.WriteString(packet(byte(first+i), len(body), body))
	}
	return all.String()
}

const (
	okBody      = "\x00\x00\x00\x02\x00\x00\x00"
	columnBody  = "\x03def\x00\x00\x00\x01x\x00\x0c\x21\x00\x00\x04\x00\x00\xfd\x00\x00\x00\x00\x00"
	endBody     = "\xfe\x00\x00\x02\x00"
	moreEndBody = "\xfe\x00\x00\x0a\x00"
	switchTo    = "\xfe"
	challenge   = "abcdefghijklmnopqrst"
)

// greetingOf returns the greeting of a server with a plugin. The flags are those of a server of
// old, with TLS or without.
func greetingOf(plugin string, withTLS bool) string {
	flags := "\x00\x82"
	if withTLS {
		flags = "\x00\x8a"
	}
	return packets(0, "\x0a8.0.0\x00\x01\x00\x00\x00"+challenge[:8]+"\x00"+flags+"\x21\x02\x00\x08\x00\x15"+strings.Repeat("\x00", 10)+challenge[8:]+"\x00"+plugin+"\x00")
}

func publicKey(t *testing.T, key any) string {
	t.Helper()
	der, err := x509.MarshalPKIXPublicKey(key)
	rotatortest.Must(t, err)
	return string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
}

func rsaKey(t *testing.T) string {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	rotatortest.Must(t, err)
	return publicKey(t, &key.PublicKey)
}

func TestARogueMySQLCantHurt(t *testing.T) {
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	rotatortest.Must(t, err)
	hello := greetingOf(nativePlugin, false)
	in := packets(2, okBody)
	set := packets(1, okBody) // the answer to SET sql_mode
	for name, sent := range map[string][]string{
		"a short greeting":            {packets(0, "\x0a8.0\x00")},
		"an old protocol":             {packets(0, "\x09"+strings.Repeat("\x00", 60))},
		"no version":                  {packets(0, strings.Repeat("a", 60))},
		"16 MB of greeting":           {packet(0, 1<<24-1, "")},
		"an empty packet":             {packet(0, 0, "")},
		"a short error":               {packets(0, "\xff")},
		"half an error":               {packets(0, "\xff\x01\x02#")},
		"not SQL":                     {"HTTP/1.1 400 Bad Request\r\n\r\n"},
		"nothing":                     {""},
		"a short OK":                  {hello, packets(2, "\x00")},
		"an OK with a long number":    {hello, packets(2, "\x00\xfe\x00")},
		"a challenge of 3 bytes":      {hello, packets(2, switchTo+nativePlugin+"\x00abc\x00")},
		"no challenge":                {hello, packets(2, switchTo+nativePlugin)},
		"an old plugin":               {hello, packets(2, switchTo)},
		"a short ed25519":             {hello, packets(2, switchTo+"client_ed25519\x00abc\x00")},
		"two plugins":                 {hello, packets(2, switchTo+nativePlugin+"\x00"+challenge+"\x00"), packets(4, switchTo+nativePlugin+"\x00"+challenge+"\x00")},
		"an EC key":                   {greetingOf("caching_sha2_password", false), packets(2, "\x01\x04"), packets(4, "\x01"+publicKey(t, &ec.PublicKey))},
		"an EC key for sha256":        {greetingOf("sha256_password", false), packets(2, "\x01"+publicKey(t, &ec.PublicKey))},
		"16 MB of an answer":          {hello, in, packet(1, 1<<24-1, "")},
		"2^62 columns":                {hello, in, set, packets(1, "\xfe\x00\x00\x00\x00\x00\x00\x00\x40")},
		"2^24 columns":                {hello, in, set, packets(1, "\xfd\xff\xff\xff")},
		"200 columns":                 {hello, in, set, packets(1, "\xc8")},
		"a file of ours":              {hello, in, packets(1, "\xfb/etc/passwd")},
		"2^24 columns of more":        {hello, in, set, packets(1, "\x01", columnBody, endBody, "\x01a", moreEndBody, "\xfd\xff\xff\xff")},
		"2^24 columns of more, later": {hello, in, packets(1, "\x00\x00\x00\x0a\x00\x00\x00", "\xfd\xff\xff\xff")},
		"more, in disguise":           {hello, in, set, packets(1, "\x01", columnBody, endBody, "\xfe\xfc\x00\x00\x00\x0a\x00\x00\x00", "\xfd\xff\xff\xff")},
		"a short end":                 {hello, in, set, packets(1, "\x01", columnBody, endBody, "\xfe")},
		"a short column":              {hello, in, set, packets(1, "\x01", "\x03")},
		"a column with a long name":   {hello, in, set, packets(1, "\x01", "\xfe\xff\xff\xff\xff\xff\xff\xff\x7f")},
		"a row with a long text":      {hello, in, set, packets(1, "\x01", columnBody, endBody, "\xfd\xff\xff\xff")},
		"not MariaDB":                 {hello, in, set, packets(1, "\x01", columnBody, endBody, "\x058.0.0", endBody)},
	} {
		t.Run(name, func(t *testing.T) {
			wantHarmless(t, func(conn net.Conn) { say(conn, sent...) })
		})
	}
	for name, flood := range map[string]string{"columns": packets(1, columnBody), "rows": packets(1, "\x01a"), "zeros": "\x00", "ones": "\x01"} {
		t.Run("a flood of "+name, func(t *testing.T) {
			wantHarmless(t, func(conn net.Conn) {
				say(conn, hello, in, set, packets(1, "\x40"))
				rotatortest.Flood(conn, []byte(flood))
			})
		})
	}
}

// What a rogue sends instead of an answer is not taken for an unavailable server, and nothing
// of it is repeated.
func TestWhatARogueMySQLSaysIsNotRepeated(t *testing.T) {
	hello, in := greetingOf(nativePlugin, false), packets(2, okBody)
	for name, row := range map[string]struct {
		sent []string
		says string
	}{
		"not SQL":             {[]string{"HTTP/1.1 400 canary\r\n\r\n"}, "is not MariaDB or MySQL"},
		"16 MB":               {[]string{packet(0, 1<<24-1, "")}, "is not MariaDB or MySQL"},
		"a short OK":          {[]string{hello, packets(2, "\x00")}, "is not MariaDB or MySQL"},
		"a long error":        {[]string{hello, packets(2, "\xff\x0f\x27#HY000canary"+strings.Repeat("\x1b", 60000))}, "error 9999"},
		"an error later":      {[]string{hello, in, packets(1, "\xff\x0f\x27#HY000canary")}, "error 9999"},
		"a short end":         {[]string{hello, in, packets(1, okBody), packets(1, "\x01", columnBody, endBody, "\xfe")}, "does not answer like MariaDB or MySQL"},
		"nothing":             {[]string{""}, "can't be reached"},
		"an end in the midst": {[]string{hello, in, packets(1, okBody), packets(1, "\x01", columnBody)}, "can't be reached"},
	} {
		t.Run(name, func(t *testing.T) {
			s := rogueSubject(rotatortest.StartRogue(t, func(conn net.Conn) { say(conn, row.sent...) }), "disable")
			verdict, err := Rotator{}.Probe(t.Context(), s, s.Current)
			fault := rotatortest.Fault(t, err)
			if verdict != rotation.Unknown || fault == nil || !strings.Contains(fault.Reason, row.says) || len(fault.Reason) > 400 {
				t.Errorf("%v, %v", verdict, fault)
			}
		})
	}
}

// say sends the first text at once, and then one to whatever comes.
func say(conn net.Conn, texts ...string) {
	for i, text := range texts {
		if i > 0 {
			if _, err := conn.Read(make([]byte, 4096)); err != nil {
				return
			}
		}
		_, _ = conn.Write([]byte(text))
	}
}

func wantHarmless(t *testing.T, serve func(net.Conn)) {
	t.Helper()
	rotatortest.WantBounded(t, Rotator{}, rogueSubject(rotatortest.StartRogue(t, serve), "disable"))
}

func rogueSubject(rogue *rotatortest.Rogue, sslmode string) rotation.Subject {
	return rotation.Subject{
		Name: "db", Address: fmt.Sprintf("mysql://%s?sslmode=%s", rogue.Addr, sslmode), CredentialID: "app",
		Tags: map[string]string{rotation.TagClass: "S"}, Current: secret.NewValue(oldPassword),
	}
}

// A server that nothing verifies never gets the password in clear text, or encrypted with its own
// key.
func TestMySQLPasswordsAreNotSentToARogue(t *testing.T) {
	key := rsaKey(t)
	signer, err := ca.New()
	rotatortest.Must(t, err)
	certificate, err := signer.Certificate("127.0.0.1")
	rotatortest.Must(t, err)
	for name, row := range map[string]struct {
		plugin string
		sent   []string
		says   string
	}{
		"full login":        {"caching_sha2_password", []string{packets(2, "\x01\x04"), packets(4, "\x01"+key), packets(6, okBody)}, "who the server is"},
		"a switch to that":  {nativePlugin, []string{packets(2, switchTo+"caching_sha2_password\x00"+challenge+"\x00"), packets(4, "\x01\x04"), packets(6, "\x01"+key)}, "who the server is"},
		"sha256":            {"sha256_password", []string{packets(2, "\x01"+key), packets(4, okBody)}, "who the server is"},
		"a switch to clear": {nativePlugin, []string{packets(2, switchTo+"mysql_clear_password\x00"), packets(4, okBody)}, ""},
		"a switch to old":   {nativePlugin, []string{packets(2, switchTo), packets(4, okBody)}, ""},
		"the new password": {nativePlugin, []string{
			packets(2, okBody), packets(1, okBody), packets(1, "\x01", columnBody, endBody, "\x058.0.0", endBody), packets(1, okBody), packets(1, okBody),
		}, "is not MariaDB"},
	} {
		for _, sslmode := range []string{"disable", "require"} {
			t.Run(name+", "+sslmode, func(t *testing.T) {
				rogue := rotatortest.StartRogue(t, func(conn net.Conn) {
					rogueLogin(conn, row.plugin, sslmode == "require", &tls.Config{Certificates: []tls.Certificate{certificate}}, row.sent)
				})
				s := rogueSubject(rogue, sslmode)
				fault := rotatortest.Fault(t, Rotator{}.Apply(t.Context(), s, secret.NewValue(newPassword), rotatortest.Unfenced))
				if fault == nil || !strings.Contains(fault.Reason, row.says) {
					t.Errorf("%v, want %q", fault, row.says)
				}
				if heard := rogue.Heard(); heard == "" || strings.Contains(heard, oldPassword) || strings.Contains(heard, newPassword) || len(heard) > 4096 {
					t.Errorf("heard %q", heard)
				}
			})
		}
	}
}

// rogueLogin greets, starts TLS if the client is to ask for it, and goes on.
func rogueLogin(conn net.Conn, plugin string, withTLS bool, config *tls.Config, sent []string) {
	if !withTLS {
		say(conn, append([]string{greetingOf(plugin, false)}, sent...)...)
		return
	}
	_, _ = conn.Write([]byte(greetingOf(plugin, true)))
	if _, err := conn.Read(make([]byte, headerBytes+sslRequestBytes)); err != nil {
		return
	}
	conn.(rotatortest.Heard).ServeTLS(config, func(conn net.Conn) {
		for _, text := range sent {
			if _, err := conn.Read(make([]byte, 4096)); err != nil {
				return
			}
			_, _ = conn.Write([]byte(renumbered(text)))
		}
	})
}

// renumbered returns packets as they are numbered after a request for TLS; those after the login
// begin anew.
func renumbered(text string) string {
	changed := []byte(text)
	if number := changed[3]; number > 1 {
		changed[3]++
	}
	return string(changed)
}

// No packet makes the check panic; what passes as an OK or a row has no more results.
func FuzzPackets(f *testing.F) {
	for _, body := range []string{okBody, columnBody, endBody, moreEndBody, "\xff", "\xfe", "\x01\x04", greetingOf("p", true)[4:], "\xfe\xfc\x00\x00\x00\x0a\x00"} {
		for p := range 4 {
			f.Add(p, []byte(body))
		}
	}
	f.Fuzz(func(t *testing.T, p int, body []byte) {
		if len(body) == 0 {
			return
		}
		w := &wire{phase: phase(p & 3), verified: true}
		err := w.check(body)
		if p&3 == int(answer) && err == nil && body[0] != isError && body[0] > maxColumns {
			t.Errorf("%q is allowed", body)
		}
	})
}
