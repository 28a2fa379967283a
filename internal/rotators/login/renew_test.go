package login_test

import (
	"strings"
	"testing"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/login"
	"rotunda/internal/secret"
)

// The password that replaces a retired one must please the same policy. Where there is little to
// choose from, there is a password all the same.
func TestNewPasswordsHaveNoPartOfTheName(t *testing.T) {
	const user = "Abcdefghijklmnopqrst"
	for range 1000 {
		password, err := login.NewPassword(user, nil)
		if err != nil {
			t.Fatal(err)
		}
		for i := range len(user) - 2 {
			if part := strings.ToLower(user[i : i+3]); strings.Contains(strings.ToLower(password), part) {
				t.Fatalf("%s in %s", part, password)
			}
		}
	}
	letters := rotation.Alphanumeric.Letters
	few := map[string]string{rotation.TagPasswordExclude: letters[2:], rotation.TagPasswordLength: "128"}
	if password, err := login.NewPassword(strings.Repeat(letters[:1], 3), few); err != nil || password == "" {
		t.Errorf("%q, %v", password, err)
	}
}

const everySymbol = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"

// A value that can't hold some symbols has passwords without these, each time and not by chance.
func TestSymbolsThatAValueCantHoldAreLeftOut(t *testing.T) {
	for _, value := range []string{
		"DB_USER=app\nDB_PASSWORD=canary-12\n", "DB_USER=app\nDB_PASSWORD='canary-12'\n", `{"user":"app","cs":"DB_USER=app\nDB_PASSWORD=\"canary-12\"\n"}`,
		"jdbc:mariadb://db/x?user=app&password=canary-12", "jdbc:sqlserver://db;user=app;password=canary-12", "h:6380,user=app,password=canary-12",
	} {
		l, err := login.Parse(secret.NewValue(value), "")
		if err != nil {
			t.Fatal(err)
		}
		for _, tags := range []map[string]string{
			{rotation.TagPasswordSymbols: "!#-_."}, {rotation.TagPasswordSymbols: "$-,"}, {rotation.TagPasswordSymbols: everySymbol}, {rotation.TagPasswordSymbols: everySymbol, rotation.TagPasswordLength: "128"},
		} {
			for range 3 {
				next, decoy, err := l.Renew("app", tags)
				if err != nil || !next.IsSet() || !decoy.IsSet() {
					t.Fatalf("%s with %s: %v", value, tags[rotation.TagPasswordSymbols], err)
				}
				if again, err := login.Parse(next, ""); err != nil || !strings.ContainsAny(again.Password.Reveal(), tags[rotation.TagPasswordSymbols]) {
					t.Fatalf("%s: %v", next.Reveal(), err)
				}
			}
		}
	}
}

// What a value can't hold is an error, never an empty value.
func TestAValueThatCantHoldThePasswordIsNotRenewed(t *testing.T) {
	for _, row := range []struct{ value, symbols, excluded, says string }{
		{"DB_USER=app\nDB_PASSWORD=canary-12\n", "#", "", "can't be written"},
		{"DB_USER=app\nDB_PASSWORD=canary-12\n", "#-", "-", "can't be written"},
		{"jdbc:mariadb://db/x?user=app&password=canary-12", "%&", "", "can't be written"},
		{"DB_USER=app\nDB_PASSWORD=canary-12\n", "#é", "", "must be the symbols"},
		{"DB_USER=app\nDB_PASSWORD=canary-12\n", "", "", "must be the symbols"},
		{`{"user":"app","password":"canary-12","note":"canary-12 twice"}`, "-", "", `"note"`},
	} {
		l, err := login.Parse(secret.NewValue(row.value), "")
		if err != nil {
			t.Fatal(err)
		}
		next, _, err := l.Renew("app", map[string]string{rotation.TagPasswordSymbols: row.symbols, rotation.TagPasswordExclude: row.excluded})
		if wantFault(t, row.value, err, row.says); next.IsSet() {
			t.Error(next.Reveal())
		}
	}
	bare, err := login.Parse(secret.NewValue("canary-12"), "app")
	if err != nil {
		t.Fatal(err)
	}
	tags := map[string]string{rotation.TagPasswordSymbols: "-", rotation.TagPasswordExclude: "-"}
	if _, _, err := bare.Renew("app", tags); err != nil {
		t.Error(err)
	}
}
