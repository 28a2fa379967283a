package ldap

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/rotatortest"
	"rotunda/internal/secret"
)

// element is a BER element; a length of four bytes is as good as any.
func element(identifier byte, content ...string) string {
	all := strings.Join(content, "")
	return string([]byte{identifier, 0x84, byte(len(all) >> 24), byte(len(all) >> 16), byte(len(all) >> 8), byte(len(all))}) + all
}

// answerTo is a message with an id.
func answerTo(id byte, content ...string) string {
	return element(0x30, append([]string{"\x02\x01" + string([]byte{id})}, content...)...)
}

// result is the beginning of every answer but a search's entries: a code, a name, and words.
func result(code byte, words string) string {
	return "\x0a\x01" + string([]byte{code}) + element(0x04) + element(0x04, words)
}

const (
	bindResponse     = 0x61
	searchEntry      = 0x64
	searchDone       = 0x65
	modifyResponse   = 0x67
	extendedResponse = 0x78
)

func TestARogueDirectoryCantHurt(t *testing.T) {
	welcome := answerTo(1, element(bindResponse, result(0, "")))
	deep := ""
	for range 5000 {
		deep = "\x30\x84" + string([]byte{0, byte(len(deep) >> 16), byte(len(deep) >> 8), byte(len(deep))}) + deep
	}
	wide := answerTo(1, element(searchEntry, strings.Repeat("\x04\x00", 12000)))
	hostile := map[string]string{
		"2 GB": "\x30\x84\x7f\xff\xff\xff", "more than any": "\x30\x88\xff\xff\xff\xff\xff\xff\xff\xff", "no end": "\x30\x80", "no length": "\x30\xff",
		"32 KiB and a byte": "\x30\x83\x00\x80\x01" + strings.Repeat("\x04\x00", 1<<14) + "\x00", "a child beyond its parent": "\x30\x08\x02\x01\x01\x61\x84\x7f\xff\xff\xff",
		"deep": deep, "wide": wide, "empty": "\x30\x00", "only an id": "\x30\x03\x02\x01\x01", "high tags": "\x30\x05\x3f\xff\xff\x01\x00", "not LDAP": "HTTP/1.1 400 Bad Request\r\n\r\n",
		"nothing": "", "a text for an id": element(0x30, element(0x04, "x"), element(bindResponse, result(0, ""))), "a null result": answerTo(1, element(bindResponse)),
		"half a result": answerTo(1, element(bindResponse, "\x0a\x01\x00")), "no results": answerTo(1, element(bindResponse, element(0x30), element(0x30), element(0x30))),
		"a long real number": answerTo(1, element(bindResponse, "\x09\x01\x80", result(0, ""))), "a control of nothing": answerTo(1, element(bindResponse, result(0, "")), element(0xa0, element(0x30))),
		"a policy of nonsense": answerTo(1, element(bindResponse, result(49, "")), element(0xa0, element(0x30, element(0x04, "1.3.6.1.4.1.42.2.27.8.5.1"), element(0x04, "\x30\x80\x30\x80")))),
	}
	for name, sent := range hostile {
		for _, first := range []string{"", welcome} {
			t.Run(fmt.Sprintf("%s after %d", name, len(first)), func(t *testing.T) {
				wantHarmless(t, func(conn net.Conn) { answer(conn, first, sent) })
			})
		}
	}
	for name, flood := range map[string]string{
		"a byte": "a", "ids": "\x30\x03\x02\x01\x01", "entries": answerTo(2, element(searchEntry, element(0x04), element(0x30))), "nulls": "\x30\x06\x02\x01\x02\x64\x01\x00", "wide entries": wide,
	} {
		t.Run("a flood of "+name, func(t *testing.T) {
			wantHarmless(t, func(conn net.Conn) {
				answer(conn, welcome)
				rotatortest.Flood(conn, []byte(flood))
			})
		})
	}
}

// answer sends one reply to whatever comes, for each of some.
func answer(conn net.Conn, replies ...string) {
	for _, reply := range replies {
		if reply == "" {
			continue
		}
		if _, err := conn.Read(make([]byte, 4096)); err != nil {
			return
		}
		_, _ = conn.Write([]byte(reply))
	}
}

func rogueSubject(rogue *rotatortest.Rogue, parameters string) rotation.Subject {
	return rotation.Subject{Name: "app", Owner: owner, Address: "ldap://" + rogue.Addr + parameters, CredentialID: app, Current: secret.NewValue(oldPassword)}
}

func wantHarmless(t *testing.T, serve func(net.Conn)) {
	t.Helper()
	rotatortest.WantBounded(t, Rotator{}, rogueSubject(rotatortest.StartRogue(t, serve), "?sslmode=disable"))
	rotatortest.WantBounded(t, Rotator{}, rogueSubject(rotatortest.StartRogue(t, serve), "")) // before TLS
}

// Before TLS, a server hears no name and no password, whatever it answers.
func TestNoPasswordBeforeTLS(t *testing.T) {
	for _, reply := range []string{
		answerTo(1, element(extendedResponse, result(0, ""))), answerTo(1, element(extendedResponse, result(0, ""))) + answerTo(1, element(bindResponse, result(0, ""))),
		answerTo(1, element(extendedResponse, result(2, oldPassword))), answerTo(1, element(bindResponse, result(0, ""))), answerTo(0, element(extendedResponse, result(52, ""))),
	} {
		rogue := rotatortest.StartRogue(t, func(conn net.Conn) {
			answer(conn, reply)
			_, _ = conn.Read(make([]byte, 4096)) // the beginning of TLS
		})
		s := rogueSubject(rogue, "")
		verdict, err := Rotator{}.Probe(t.Context(), s, s.Current)
		if fault := rotatortest.Fault(t, err); verdict != rotation.Unknown || fault == nil {
			t.Errorf("%q: %v, %v", reply, verdict, err)
		}
		if heard := rogue.Heard(); strings.Contains(heard, "canary") || strings.Contains(heard, "uid=app") {
			t.Errorf("%q: heard %q", reply, heard)
		}
	}
}

// What a directory says in place of an answer is never repeated, and only its own words that the
// password is wrong reject it.
func TestWhatADirectorySaysToALogin(t *testing.T) {
	windows := "80090308: LdapErr: DSID-0C0903A9, comment: AcceptSecurityContext error, data %s, v1db1"
	for _, row := range []struct {
		code  byte
		words string
		want  rotation.Verdict
		says  string
	}{
		{0, "", rotation.Accepted, ""},
		{49, "", rotation.Rejected, ""},
		{49, oldPassword, rotation.Rejected, ""},
		{49, fmt.Sprintf(windows, "52e"), rotation.Rejected, ""},
		{49, fmt.Sprintf(windows, "525"), rotation.Rejected, "no such user"},
		{49, fmt.Sprintf(windows, "530"), rotation.Unknown, "RotationWindow"},
		{49, fmt.Sprintf(windows, "531"), rotation.Unknown, "workstations"},
		{49, fmt.Sprintf(windows, "532"), rotation.Unknown, "expired"},
		{49, fmt.Sprintf(windows, "533"), rotation.Unknown, "disabled"},
		{49, fmt.Sprintf(windows, "701"), rotation.Unknown, "account has expired"},
		{49, fmt.Sprintf(windows, "773"), rotation.Unknown, "at next logon"},
		{49, fmt.Sprintf(windows, "775"), rotation.Unknown, "locked"},
		{49, fmt.Sprintf(windows, "57"), rotation.Unknown, "Windows error 57"},
		{49, fmt.Sprintf(windows, oldPassword), rotation.Rejected, ""},
		{8, oldPassword, rotation.Unknown, "requires TLS"},
		{13, oldPassword, rotation.Unknown, "requires TLS"},
		{10, oldPassword, rotation.Unknown, "refers to another server"},
		{34, oldPassword, rotation.Unknown, "CredentialId"},
		{48, oldPassword, rotation.Unknown, "no password"},
		{51, oldPassword, rotation.Unknown, "busy"},
		{53, oldPassword, rotation.Unknown, "unwilling"},
		{80, oldPassword + strings.Repeat("\x1b", 9000), rotation.Unknown, "(result 80)"},
	} {
		rogue := rotatortest.StartRogue(t, func(conn net.Conn) { answer(conn, answerTo(1, element(bindResponse, result(row.code, row.words)))) })
		s := rogueSubject(rogue, "?sslmode=disable")
		rotatortest.WantVerdict(t, Rotator{}, s, oldPassword, row.want)
		_, err := Rotator{}.Probe(t.Context(), s, s.Current)
		if fault := rotatortest.Fault(t, err); row.says != "" && (fault == nil || !strings.Contains(fault.Reason, row.says) || len(fault.Reason) > 400) {
			t.Errorf("%d %.40q: %v", row.code, row.words, fault)
		}
	}
}

// However a message is cut, no more of it is read than it has, and what is handed on is whole.
func FuzzMessages(f *testing.F) {
	f.Add([]byte(answerTo(1, element(bindResponse, result(0, "x"))) + "rest"))
	f.Add([]byte("\x30\x80\x00\x00"))
	f.Add([]byte("\x30\x84\x7f\xff\xff\xff"))
	f.Add([]byte("\x30\x05\x3f\xff\xff\x01\x00"))
	f.Fuzz(func(t *testing.T, data []byte) {
		r := bytes.NewReader(data)
		elements := 0
		message, err := readMessage(r, &elements)
		if read := data[:len(data)-r.Len()]; err == nil && (!bytes.Equal(message, read) || len(message) > maxMessage+6 || elements > maxElements) {
			t.Errorf("%q: %q", data, message)
		}
		client, server := net.Pipe()
		go func() {
			_, _ = io.CopyN(io.Discard, server, int64(len(startTLSRequest)))
			_, _ = server.Write(data)
			_ = server.Close()
		}()
		_ = startTLS(client)
		_ = client.Close()
	})
}
