package postgres

import (
	"encoding/base64"
	"strings"
	"testing"
)

// The example of RFC 7677. Its keys, as PostgreSQL stores them, are those that the exchange there
// proves.
func TestSCRAMVerifier(t *testing.T) {
	salt, err := base64.StdEncoding.DecodeString("W22ZaJ0SNY7soEsUEjb6gQ==")
	if err != nil {
		t.Fatal(err)
	}
	got, err := verifier("pencil", salt, 4096)
	want := "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU="
	if err != nil || got != want {
		t.Errorf("got %s, %v", got, err)
	}
}

func TestSCRAMVerifierTakesASCIIOnly(t *testing.T) {
	if _, err := verifier("canary-é", []byte("salt"), 4096); err == nil || strings.Contains(err.Error(), "canary") {
		t.Error(err)
	}
}
