package postgres

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/address"
	"rotunda/internal/rotators/rotatortest"
	"rotunda/internal/secret"
	"rotunda/internal/testserver"
)

// message returns a message of a server that claims to have so many bytes.
func message(kind byte, claimed uint32, body string) string {
	return string(binary.BigEndian.AppendUint32([]byte{kind}, claimed+4)) + body
}

func whole(kind byte, body string) string {
	return message(kind, uint32(len(body)), body)
}

const (
	isAuthenticated = "\x00\x00\x00\x00"
	wantsClearText  = "\x00\x00\x00\x03"
	wantsSCRAM      = "\x00\x00\x00\x0aSCRAM-SHA-256\x00\x00"
)

func TestARoguePostgresCantHurt(t *testing.T) {
	loggedIn := whole('R', isAuthenticated) + whole('Z', "I")
	for name, sent := range map[string][]string{
		"1 GB of parameters":          {message('S', 1<<30, "")},
		"1 GB of authentication":      {message('R', 1<<30, "")},
		"1 GB of an error":            {message('E', 1<<30, "")},
		"64 KiB and a byte":           {message('N', 64<<10+1, "")},
		"less than nothing":           {message('R', 0xffffffff, "")},
		"no known kind":               {whole('?', "")},
		"a short authentication":      {whole('R', "\x00")},
		"half an authentication":      {whole('R', "\x00\x00\x00\x05")},
		"SCRAM of nothing":            {whole('R', wantsSCRAM), whole('R', "\x00\x00\x00\x0b")},
		"SCRAM with endless work":     {whole('R', wantsSCRAM), whole('R', "\x00\x00\x00\x0br=x,s=AAAA,i=2147483647")},
		"not SQL":                     {"HTTP/1.1 400 Bad Request\r\n\r\n"},
		"nothing":                     {""},
		"1 GB of a row":               {loggedIn, whole('T', "\x00\x00") + message('D', 1<<30, "")},
		"65535 columns":               {loggedIn, whole('T', "\xff\xff")},
		"65535 columns in a row":      {loggedIn, whole('T', "\x00\x00") + whole('D', "\xff\xff")},
		"a row longer than its bytes": {loggedIn, whole('T', "\x00\x00") + whole('D', "\x00\x01\x7f\xff\xff\xff")},
		"copy to us":                  {loggedIn, whole('H', "\x00\xff\xff")},
		"copy from us":                {loggedIn, whole('G', "\x00\xff\xff")},
	} {
		t.Run(name, func(t *testing.T) {
			wantHarmless(t, func(conn net.Conn) { reply(conn, sent) })
		})
	}
	for name, flood := range map[string]string{
		"parameters": whole('S', "a\x00b\x00"), "notices": whole('N', "\x00"), "rows": whole('T', "\x00\x00") + whole('D', "\x00\x00"),
		"nulls":   whole('T', "\x00\x00") + whole('D', "\x10\x00"+strings.Repeat("\xff\xff\xff\xff", 4096)),
		"results": whole('C', "\x00"), "columns": whole('T', "\x00\x01a\x00"+strings.Repeat("\x00", 18)),
	} {
		t.Run("a flood of "+name, func(t *testing.T) {
			for _, first := range []string{"", loggedIn} {
				wantHarmless(t, func(conn net.Conn) {
					reply(conn, []string{first})
					rotatortest.Flood(conn, []byte(flood))
				})
			}
		})
	}
}

// A server that answers every query with a row of other columns than were asked for.
func TestARoguePostgresWithOtherColumns(t *testing.T) {
	loggedIn := whole('R', isAuthenticated) + whole('Z', "I")
	for columns := range 11 {
		row := whole('T', string([]byte{0, byte(columns)})+strings.Repeat("a\x00"+strings.Repeat("\x00", 18), columns)) +
			whole('D', string([]byte{0, byte(columns)})+strings.Repeat("\x00\x00\x00\x01t", columns))
		bound := whole('1', "") + whole('2', "") + row + whole('C', "SELECT 1\x00") + whole('Z', "I")
		for _, tags := range []map[string]string{{}, {rotation.TagClass: string(rotation.Alternating)}, {rotation.TagClass: string(rotation.Alternating), "self": ""}} {
			rogue := rotatortest.StartRogue(t, func(conn net.Conn) { reply(conn, []string{loggedIn, bound, bound, bound, bound}) })
			s := rogueSubject(rogue)
			s.Tags, s.CredentialID, s.Admin = tags, "app", urlValue("admin", canaryOwner)
			if len(tags) > 0 {
				s.CredentialID = "owner"
			}
			if len(tags) > 1 { // a pair without an administrator
				s.CredentialID, s.Admin, s.Current = "owner", secret.Value{}, urlValue("owner_a", canaryOwner)
			}
			rotatortest.WantBounded(t, Rotator{}, s)
		}
	}
}

// reply sends one text to whatever comes, and then ends.
func reply(conn net.Conn, texts []string) {
	for _, text := range texts {
		if _, err := conn.Read(make([]byte, 4096)); err != nil {
			return
		}
		_, _ = conn.Write([]byte(text))
	}
}

// A challenge needs the client's own nonce, which the rogue repeats.
func TestARoguePostgresCantMakeUsHashForSeconds(t *testing.T) {
	for iterations, harmful := range map[int]bool{4096: false, maxIterations: false, maxIterations + 1: true, 10_000_000: true} {
		challenge := whole('R', fmt.Sprintf("\x00\x00\x00\x0br=abc,s=AAAA,i=%d", iterations))
		for at := range challenge {
			m := new(messages)
			err := m.check([]byte(challenge[:at]))
			if err == nil {
				err = m.check([]byte(challenge[at:] + whole('Z', "I")))
			}
			if (err != nil) != harmful || err == nil && len(m.unread) > 0 {
				t.Fatalf("%d, cut at %d: %v", iterations, at, err)
			}
		}
	}
}

func FuzzMessages(f *testing.F) {
	f.Add([]byte(whole('R', "\x00\x00\x00\x0br=a,s=b,i=1,x=y")+whole('Z', "I")), 3)
	f.Add([]byte(message('S', 1<<30, "")), 1)
	f.Fuzz(func(t *testing.T, data []byte, at int) {
		at = max(0, min(at, len(data)))
		cut := new(messages)
		err := cut.check(data[:at])
		if err == nil {
			err = cut.check(data[at:])
		}
		if whole := new(messages).check(data); (whole == nil) != (err == nil) {
			t.Errorf("%q: %v, cut at %d %v", data, whole, at, err)
		}
	})
}

func wantHarmless(t *testing.T, serve func(net.Conn)) {
	t.Helper()
	rotatortest.WantBounded(t, Rotator{}, rogueSubject(rotatortest.StartRogue(t, serve)))
}

func rogueSubject(rogue *rotatortest.Rogue) rotation.Subject {
	return rotation.Subject{
		Name: "db", Address: fmt.Sprintf("postgres://%s/app?sslmode=disable", rogue.Addr), Tags: map[string]string{}, Current: urlValue("app", canaryOwner),
	}
}

func TestPostgresClearPasswordsAreNotSentToARogue(t *testing.T) {
	rogue := rotatortest.StartRogue(t, func(conn net.Conn) {
		reply(conn, []string{whole('R', wantsClearText), whole('R', isAuthenticated) + whole('Z', "I")})
	})
	s := rogueSubject(rogue)
	rotatortest.WantVerdict(t, Rotator{}, s, s.Current.Reveal(), rotation.Unknown)
	if strings.Contains(rogue.Heard(), canaryOwner) {
		t.Error("the password was sent")
	}
}

// What a rogue sends instead of an answer is not taken for an unavailable server, and nothing
// of it is repeated.
func TestWhatARoguePostgresSaysIsNotRepeated(t *testing.T) {
	for name, row := range map[string]struct{ sent, says string }{
		"1 GB":         {message('S', 1<<30, ""), "is not PostgreSQL"},
		"not SQL":      {"HTTP/1.1 400 canary\r\n\r\n", "is not PostgreSQL"},
		"a long error": {whole('E', "SFATAL\x00VFATAL\x00CXX000\x00Mcanary"+strings.Repeat("\x1b", 60000)+"\x00Rx\x00\x00"), "XX000"},
		"a long code":  {whole('E', "SFATAL\x00VFATAL\x00CCANARY"+strings.Repeat("A", 60000)+"\x00Mx\x00Rx\x00\x00"), "SQLSTATE none"},
	} {
		t.Run(name, func(t *testing.T) {
			s := rogueSubject(rotatortest.StartRogue(t, func(conn net.Conn) { reply(conn, []string{row.sent}) }))
			verdict, err := Rotator{}.Probe(t.Context(), s, s.Current)
			fault := rotatortest.Fault(t, err)
			if verdict != rotation.Unknown || fault == nil || !strings.Contains(fault.Reason, row.says) || strings.Contains(fault.Reason, "CANARY") || len(fault.Reason) > 400 {
				t.Errorf("%v, %v", verdict, fault)
			}
		})
	}
}

func TestPostgresWithoutTLS(t *testing.T) {
	server := testserver.StartPostgres(t, testserver.PostgresOptions{Settings: map[string]string{"ssl": "off"}})
	s := rotation.Subject{Name: "db", Address: "postgres://" + server.Addr, Tags: map[string]string{}, Current: urlValue("app", canaryOwner)}
	saysUnknown(t, s, "offers no TLS")
	fault := database{Server: address.Server{Host: "db.example.com"}}.loginFault("The login", errors.New("server refused TLS connection"))
	if !strings.Contains(fault.Reason, "sslmode=disable to the tag ProviderAddress and set the app's setting ROTATION_ALLOW_PLAINTEXT") {
		t.Error(fault)
	}
}
