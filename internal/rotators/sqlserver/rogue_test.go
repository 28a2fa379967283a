package sqlserver

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"strings"
	"testing"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/bounded"
	"rotunda/internal/rotators/rotatortest"
)

// packet is one of a server's, that claims to have so many bytes.
func packet(kind, status byte, claimed int, body string) string {
	header := []byte{kind, status, 0, 0, 0, 0, 1, 0}
	binary.BigEndian.PutUint16(header[2:], uint16(claimed))
	return string(header) + body
}

func whole(body string) string { return packet(typeReply, lastPacket, packetHeader+len(body), body) }

const (
	prelogin = "\x01\x00\x06\x00\x01\xff\x02" // only ENCRYPTION: not supported
	done     = "\xfd\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
	more     = "\xfd\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
	acked    = "\xad\x0a\x00\x01\x74\x00\x00\x04\x00\x10\x00\x10\x00"
	oneText  = "\x81\x01\x00\x00\x00\x00\x00\x00\x00\xe7\x10\x00\x00\x00\x00\x00\x00\x00"
	failed   = "\xaa\x0e\x00\x18\x48\x00\x00\x01\x0e\x00\x00\x00\x00\x01\x00\x00\x00"
)

// hostile are messages that make a client allocate, panic, loop or lose its place.
var hostile = []string{
	"\xee\xff\xff\xff\xff\xff\xff\xff\xff" + done,                      // 4 billion options of FEDAUTHINFO
	"\x81\xfe\xff" + done,                                              // 65534 columns
	"\x81\xff\xff" + done,                                              // no metadata
	"\x81\x01\x00\x00\x00\x00\x00\x00\x00\xe7\xff\xff" + done,          // text without a limit
	"\x81\x01\x00\x00\x00\x00\x00\x00\x00\x22\xff\xff\xff\x7f" + done,  // 2 GB of image
	"\x81\x01\x00\x00\x00\x00\x00\x00\x08\xe7\x10\x00" + done,          // an encrypted column
	"\xd1\x10\x00" + done,                                              // a row without columns
	oneText + "\xd1\xfe\xff" + done,                                    // a value longer than its message
	oneText + strings.Repeat("\xd1\x00\x00", 100) + done,               // more rows than any query of ours has
	"\xe3\x07\x00\x04\x02\x39\x00\x39\x00\x00" + done,                  // packets of 99 bytes
	"\xe3\x0b\x00\x04\x05\x39\x009\x009\x009\x009\x00" + done,          // of 99999, and no old value
	"\xe3\x02\x00\x63\x00" + done,                                      // an unknown change
	"\xe3\x00\x00" + done,                                              // no change
	"\xe3\x03\x00\x08\x00\x00" + done,                                  // a transaction without a name
	"\xad\x00\x00" + done,                                              // an empty LOGINACK
	"\xad\x07\x00\x01\x74\x00\x00\x04\xff\x00" + done,                  // one that ends too soon
	acked + acked + done,                                               // two
	"\xaa\x02\x00\x00\x00" + done,                                      // a short ERROR
	"\xaa\x10\x00\x18\x48\x00\x00\x01\x0e\xff\xff\x00\x00\x01\x00\x00", // a long text in a short one
	"\xae\x01\xff\xff\xff\xff" + done,                                  // FEATUREEXTACK
	"\xe4\xff\xff\xff\xff" + done,                                      // SESSIONSTATE
	"\xed\xff\xff" + done,                                              // SSPI
	"\xac\x00\x00\x00\x00" + done,                                      // RETURNVALUE
	"\x00" + done, acked, more, done + done, acked + done + "\x00", "\xfd", "\xfd\x00\x01" + done[3:],
	acked + strings.Repeat(more, 5000) + done,
}

func TestARogueSQLServerCantHurt(t *testing.T) {
	for _, bad := range hostile {
		wantHarmless(t, []string{whole(prelogin), whole(bad)})
		wantHarmless(t, []string{whole(prelogin), whole(acked + done), whole(bad)})
	}
	for name, replies := range map[string][]string{
		"not SQL Server":         {"HTTP/1.1 400 Bad Request\r\n\r\n"},
		"nothing":                {""},
		"a packet without bytes": {packet(typeReply, lastPacket, 8, "")},
		"less than a header":     {packet(typeReply, lastPacket, 7, "")},
		"an unknown status":      {packet(typeReply, 0xff, 15, prelogin)},
		"another kind":           {packet(0x10, lastPacket, 15, prelogin)},
		"a PRELOGIN that ends":   {whole("\x01\x00\xff\x00\x01\xff\x02")},
		"a PRELOGIN of nothing":  {whole("\xff")},
		"TLS that was not asked": {whole("\x01\x00\x06\x00\x01\xff\x03")},
	} {
		t.Run(name, func(t *testing.T) { wantHarmless(t, replies) })
	}
	for name, flood := range map[string]string{
		"packets that don't end": packet(typeReply, 0, 4096, strings.Repeat("\xab", 4088)), "bytes": "\x04", "empty packets": packet(typeReply, 0, 9, "a"), "dones": whole(more),
	} {
		for _, polite := range [][]string{nil, {whole(prelogin)}, {whole(prelogin), whole(acked + done)}} {
			t.Run(name, func(t *testing.T) {
				wantHarmless(t, polite, func(conn net.Conn) { rotatortest.Flood(conn, []byte(flood)) })
			})
		}
	}
}

func wantHarmless(t *testing.T, replies []string, then ...func(net.Conn)) {
	t.Helper()
	rogue := rotatortest.StartRogue(t, func(conn net.Conn) {
		answer(conn, replies)
		for _, serve := range then {
			serve(conn)
		}
	})
	rotatortest.WantBounded(t, Rotator{}, at(rogue))
}

// answer sends one reply to each message.
func answer(conn net.Conn, replies []string) {
	for _, reply := range replies {
		if _, err := io.ReadAtLeast(conn, make([]byte, 4096), packetHeader); err != nil {
			return
		}
		_, _ = conn.Write([]byte(reply))
	}
}

// Only LOGINACK accepts a login, and only error 18456 alone rejects it.
func TestOnlyTheServersOwnWordsDecide(t *testing.T) {
	other := strings.Replace(failed, "\x18\x48", "\xdc\x0f", 1) // 4060
	for reply, want := range map[string]rotation.Verdict{
		acked + done: rotation.Accepted, failed + "\xfd\x02" + done[2:]: rotation.Rejected,
		other + failed + "\xfd\x02" + done[2:]: rotation.Unknown, other + "\xfd\x02" + done[2:]: rotation.Unknown,
		done: rotation.Unknown, "\xfd\x02" + done[2:]: rotation.Unknown,
	} {
		rogue := rotatortest.StartRogue(t, func(conn net.Conn) { answer(conn, []string{whole(prelogin), whole(reply)}) })
		s := at(rogue)
		rotatortest.WantVerdict(t, Rotator{}, s, s.Current.Reveal(), want)
	}
}

// A password goes only to a server that has shown its certificate.
func TestAServerWithoutTLSLearnsNothing(t *testing.T) {
	for _, encryption := range []string{"\x00", "\x02", "\x07"} {
		rogue := rotatortest.StartRogue(t, func(conn net.Conn) { answer(conn, []string{whole(prelogin[:6] + encryption), whole(acked + done)}) })
		s := at(rogue)
		s.Address = strings.Replace(s.Address, "?sslmode=disable", "", 1)
		wantUnknown(t, s, "offers no TLS")
		if heard := rogue.Heard(); len(heard) > 200 || strings.Contains(strings.ReplaceAll(heard, "\x00", ""), "app") {
			t.Errorf("heard %q", heard)
		}
	}
}

// Whatever a message is, checking it ends, and one that passes has no more columns and rows than
// our queries ask for.
func FuzzReplies(f *testing.F) {
	for _, body := range append(hostile, acked+done, oneText+"\xd1\x02\x00a\x00"+done, oneText+"\xd2\x01"+done, failed+done) {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		before := bytes.Clone(body)
		err := checkReply(body)
		if !bytes.Equal(before, body) || err != nil && !errors.Is(err, bounded.ErrUnexpected) {
			t.Errorf("%x: %v", body, err)
		}
		if err == nil && (len(body) < len(done) || bytes.Contains(body[:1], []byte{0xee})) {
			t.Errorf("%x passed", body)
		}
	})
}
