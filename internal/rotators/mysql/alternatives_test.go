package mysql

import (
	"crypto/ed25519"
	"crypto/sha512"
	"io"
	"net"
	"regexp"
	"strings"
	"testing"

	"filippo.io/edwards25519"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/rotatortest"
	"rotunda/internal/secret"
	"rotunda/internal/testserver"
)

func TestBothPasswordsOfAMariaDBAccountLogInDuringTheGrace(t *testing.T) {
	server := testserver.SharedMariaDB(t)
	s, app := newAccount(t, server, "REQUIRE SSL WITH MAX_QUERIES_PER_HOUR 500")
	rotatortest.Apply(t, Rotator{}, s, newPassword)
	rotatortest.Apply(t, Rotator{}, s, newPassword)
	rotatortest.WantVerdict(t, Rotator{}, s, oldPassword, rotation.Accepted)
	rotatortest.WantVerdict(t, Rotator{}, s, newPassword, rotation.Accepted)
	wantIdentified(t, server, app, "VIA mysql_native_password USING '"+native(newPassword)+"' OR mysql_native_password USING '"+native(oldPassword)+"' REQUIRE SSL WITH MAX_QUERIES_PER_HOUR 500")
	s.Current = secret.NewValue(newPassword)
	rotatortest.Retire(t, Rotator{}, s, oldPassword)
	rotatortest.Retire(t, Rotator{}, s, oldPassword)
	rotatortest.Retire(t, Rotator{}, s, newPassword)
	rotatortest.WantVerdict(t, Rotator{}, s, oldPassword, rotation.Rejected)
	rotatortest.WantVerdict(t, Rotator{}, s, newPassword, rotation.Accepted)
	wantIdentified(t, server, app, "BY PASSWORD '"+native(newPassword)+"' REQUIRE SSL WITH MAX_QUERIES_PER_HOUR 500")
}

func wantIdentified(t *testing.T, server *testserver.MariaDB, app account, want string) {
	t.Helper()
	if got := identifiedBy(t, server, app); got != want {
		t.Errorf("%s\nnot %s", got, want)
	}
}

func TestOtherAlternativesStay(t *testing.T) {
	server := testserver.StartMariaDB(t, "plugin-load-add=auth_ed25519")
	s, app := newAccount(t, server, "")
	server.Exec(t, "SET SESSION sql_mode = 'NO_BACKSLASH_ESCAPES'",
		"ALTER USER "+app.sql()+" IDENTIFIED VIA mysql_native_password USING '"+native(oldPassword)+"' OR ed25519 USING PASSWORD('canary-ed')")
	_, other, _ := strings.Cut(identifiedBy(t, server, app), " OR ")
	rotatortest.Apply(t, Rotator{}, s, newPassword)
	wantIdentified(t, server, app, "VIA mysql_native_password USING '"+native(newPassword)+"' OR mysql_native_password USING '"+native(oldPassword)+"' OR "+other)
	rotatortest.WantVerdict(t, Rotator{}, s, newPassword, rotation.Accepted)
	rotatortest.WantVerdict(t, Rotator{}, s, oldPassword, rotation.Accepted)
	// The account has more alternatives than the driver tries.
	rotatortest.WantVerdict(t, Rotator{}, s, "canary-wrong", rotation.Unknown)
	s.Current = secret.NewValue(newPassword)
	rotatortest.Retire(t, Rotator{}, s, oldPassword)
	wantIdentified(t, server, app, "VIA mysql_native_password USING '"+native(newPassword)+"' OR "+other)
	rotatortest.WantVerdict(t, Rotator{}, s, "canary-ed", rotation.Accepted)
	rotatortest.WantVerdict(t, Rotator{}, s, oldPassword, rotation.Rejected)
}

// The driver signed one byte less if the challenge ended in 0, as one of 256 does.
func TestEd25519SignsTheWholeChallenge(t *testing.T) {
	nonce := strings.Repeat("n", 30) + "\x00\x00"
	signed := make(chan []byte, 1)
	rogue := rotatortest.StartRogue(t, func(conn net.Conn) {
		say(conn, greetingOf(nativePlugin, false), packets(2, switchTo+edPlugin+"\x00"+nonce))
		signature := make([]byte, headerBytes+ed25519.SignatureSize)
		_, _ = io.ReadFull(conn, signature)
		signed <- signature[headerBytes:]
	})
	s := rogueSubject(rogue, "disable")
	_, _ = Rotator{}.Probe(t.Context(), s, s.Current) // ends when the rogue hangs up
	select {
	case signature := <-signed:
		if !ed25519.Verify(edPublicKey(t, oldPassword), []byte(nonce), signature) {
			t.Error("the signature is not that of the whole challenge")
		}
	default:
		t.Error("the challenge was not signed")
	}
}

// edPublicKey returns the key that MariaDB stores for a password.
func edPublicKey(t *testing.T, password string) ed25519.PublicKey {
	t.Helper()
	sum := sha512.Sum512([]byte(password))
	scalar, err := edwards25519.NewScalar().SetBytesWithClamping(sum[:32])
	rotatortest.Must(t, err)
	return new(edwards25519.Point).ScalarBaseMult(scalar).Bytes()
}

func TestTheOnlyGoodMariaDBPasswordIsNotRetired(t *testing.T) {
	s, _ := newAccount(t, testserver.SharedMariaDB(t), "")
	s.Current = secret.NewValue(newPassword) // which somebody removed
	err := Rotator{}.Retire(t.Context(), s, secret.NewValue(oldPassword), rotatortest.Unfenced)
	if rotatortest.Fault(t, err) == nil {
		t.Error("the only good password was retired")
	}
	rotatortest.WantVerdict(t, Rotator{}, s, oldPassword, rotation.Accepted)
}

// quotedSQL matches one name or text as the server reads it.
var quotedSQL = regexp.MustCompile("(?s)`(?:[^`]|``)*`|'(?:[^']|'')*'")

// No text that a server stores can leave its quotes.
func FuzzMariaDBAccounts(f *testing.F) {
	f.Add(`{"plugin":"mysql_native_password","authentication_string":"*AB"}`)
	f.Add(`{"plugin":"p","authentication_string":"it's","auth_or":[{"plugin":"q"},{}]}`)
	f.Add(`{"plugin":"it's ` + "`" + `","auth_or":[]}`)
	f.Fuzz(func(t *testing.T, row string) {
		all, ok := parseAlternatives(row)
		if !ok {
			return
		}
		_, _ = parseStored(account{"app", "%"}, row)
		around := strings.Fields(quotedSQL.ReplaceAllString(all.sql(), " "))
		if strings.Trim(strings.Join(around, ""), "VIAORUSNG") != "" || len(all) == 0 {
			t.Errorf("%q: %v", row, all.sql())
		}
	})
}
