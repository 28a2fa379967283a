package mysql

import (
	"crypto/tls"
	"errors"
	"net"
	"strings"
	"testing"
	"testing/fstest"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/rotatortest"
	"rotunda/internal/secret"
	"rotunda/internal/standin/ca"
	"rotunda/internal/testserver"
)

// mySQLDefault is what MySQL's component has by default.
var mySQLDefault = [][2]string{
	{"validate_password.check_user_name", "ON"},
	{"validate_password.dictionary_file", ""},
	{"validate_password.length", "8"},
	{"validate_password.mixed_case_count", "1"},
	{"validate_password.number_count", "1"},
	{"validate_password.policy", "MEDIUM"},
	{"validate_password.special_char_count", "1"},
}

func TestPoliciesOfPasswords(t *testing.T) {
	plugin := [][2]string{{"validate_password_length", "40"}, {"validate_password_policy", "LOW"}, {"validate_password_special_char_count", "1"}}
	for name, row := range map[string]struct {
		variables [][2]string
		checker   string
		tags      map[string]string
		fits      bool
	}{
		"no policy":              {nil, "", nil, true},
		"no symbols":             {mySQLDefault, "validate_password", nil, false},
		"symbols":                {mySQLDefault, "validate_password", map[string]string{rotation.TagPasswordSymbols: "!#"}, true},
		"no digits":              {mySQLDefault, "validate_password", map[string]string{rotation.TagPasswordSymbols: "!#", rotation.TagPasswordExclude: "0123456789"}, false},
		"no capitals":            {mySQLDefault, "validate_password", map[string]string{rotation.TagPasswordSymbols: "!#", rotation.TagPasswordExclude: "ABCDEFGHIJKLMNOPQRSTUVWXYZ"}, false},
		"too short":              {plugin, "validate_password", nil, false},
		"long enough":            {plugin, "validate_password", map[string]string{rotation.TagPasswordLength: "40"}, true},
		"numbers that are none":  {[][2]string{{"validate_password.policy", "canary"}, {"validate_password.length", "canary"}}, "validate_password", nil, true},
		"numbers without bounds": {[][2]string{{"validate_password.policy", "1"}, {"validate_password.length", "99999999999999999999"}}, "validate_password", nil, false},
	} {
		p := parsePolicy(row.variables)
		password, err := rotation.NewPassword(row.tags, rotation.Alphanumeric)
		rotatortest.Must(t, err)
		if p.checker != row.checker || p.fits(password) != row.fits || strings.Contains(p.String(), "canary") || len(p.String()) > 200 {
			t.Errorf("%s: %s, fits: %v", name, p, p.fits(password))
		}
	}
}

// MariaDB's plugin is read, and named where the server accepts no hashes because of it.
func TestMariaDBsPolicyIsRead(t *testing.T) {
	server := testserver.StartMariaDB(t, "plugin-load-add=simple_password_check")
	server.Exec(t, "SET GLOBAL strict_password_validation = OFF", "SET GLOBAL simple_password_check_minimal_length = 4",
		"SET GLOBAL simple_password_check_digits = 0", "SET GLOBAL simple_password_check_letters_same_case = 0")
	s, _ := newAccount(t, server, "")
	server.Exec(t, "SET GLOBAL simple_password_check_minimal_length = 40")
	passCheck(t, s)
	session, _, err := targetFor(t, s).server.logIn(t.Context(), targetFor(t, s).current)
	rotatortest.Must(t, err)
	defer session.close()
	if p, err := session.policy(t.Context()); err != nil || p != (policy{"simple_password_check", 40, 0, 0, 1}) {
		t.Errorf("%+v, %v", p, err)
	}
	server.Exec(t, "SET GLOBAL strict_password_validation = ON")
	failCheck(t, s, "(simple_password_check)")
}

func targetFor(t *testing.T, s rotation.Subject) target {
	t.Helper()
	found, err := readTarget(s)
	rotatortest.Must(t, err)
	return found
}

// rowsOf returns the answer to a query of two columns.
func rowsOf(rows [][2]string) string {
	bodies := []string{"\x02", columnBody, columnBody, endBody}
	for _, row := range rows {
		bodies = append(bodies, string(rune(len(row[0])))+row[0]+string(rune(len(row[1])))+row[1])
	}
	return packets(1, append(bodies, endBody)...)
}

// one returns the answer to a query of one text.
func one(text string) string {
	return packets(1, "\x01", columnBody, endBody, string(rune(len(text)))+text, endBody)
}

// mySQLThatSays returns a secret whose server proves by its certificate who it is, and sends these
// packets after its greeting.
func mySQLThatSays(t *testing.T, sent ...string) rotation.Subject {
	t.Helper()
	signer, err := ca.New()
	rotatortest.Must(t, err)
	certificate, err := signer.Certificate("127.0.0.1")
	rotatortest.Must(t, err)
	rogue := rotatortest.StartRogue(t, func(conn net.Conn) {
		rogueLogin(conn, nativePlugin, true, &tls.Config{Certificates: []tls.Certificate{certificate}}, sent)
	})
	s := rogueSubject(rogue, "verify-full&sslrootcert=roots.pem")
	s.Trust.CAs = fstest.MapFS{"roots.pem": {Data: signer.PEM()}}
	return s
}

// A server answers as MySQL would, up to the refusal of the new password. The error says what its
// policy asks for.
func TestMySQLsRefusalSaysWhatItsPolicyIs(t *testing.T) {
	in, ok := packets(2, okBody), packets(1, okBody)
	for says, variables := range map[string][][2]string{
		"validate_password there asks for at least 8 characters, with 1 digits, 1 capitals, 1 small letters and 1 symbols.": mySQLDefault,
		"": nil,
	} {
		s := mySQLThatSays(t, in, ok, one("8.0.36"), one("1"), packets(1, "\xff\x1b\x07#HY000canary"), rowsOf(variables), ok)
		err := Rotator{}.Apply(t.Context(), s, secret.NewValue(newPassword), rotatortest.Unfenced)
		if !errors.Is(err, rotation.ErrRefusedByPolicy) || rotation.PolicyOf(err) != says {
			t.Errorf("%v, not %q", err, says)
		}
	}
}

// The policy is checked before a rotation, too.
func TestMySQLsPolicyIsCheckedBefore(t *testing.T) {
	in, ok := packets(2, okBody), packets(1, okBody)
	for symbols, refused := range map[string]bool{"": true, "!#": false} {
		s := mySQLThatSays(t, in, ok, one("8.0.36"), one("8.0.36"), one("app@%"), rowsOf(nil), rowsOf(mySQLDefault))
		if symbols != "" {
			s.Tags[rotation.TagPasswordSymbols] = symbols
		}
		_, err := Rotator{}.Check(t.Context(), s)
		if !refused {
			rotatortest.Must(t, err)
			continue
		}
		rotatortest.WantPermanent(t, err, "validate_password there asks for")
		rotatortest.WantPermanent(t, err, rotation.TagPasswordSymbols)
	}
}
