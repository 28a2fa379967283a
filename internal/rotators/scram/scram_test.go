package scram

import (
	"errors"
	"strings"
	"testing"

	"rotunda/internal/rotators/saslprep"

	xdg "github.com/xdg-go/scram"
)

// The exchange of RFC 7677, section 3.
const (
	rfcNonce  = "rOprNGfwEbeRWgbNEkqO"
	rfcFirst  = "n,,n=user,r=rOprNGfwEbeRWgbNEkqO"
	rfcServer = "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"
	rfcFinal  = "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="
	rfcProof  = "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="
)

func TestExchangeOfTheRFC(t *testing.T) {
	c := newClient("user", "pencil", rfcNonce)
	if got := c.First(); got != rfcFirst {
		t.Errorf("first %s", got)
	}
	if got, err := c.Final(rfcServer); got != rfcFinal || err != nil {
		t.Errorf("final %s, %v", got, err)
	}
	if err := c.Verify(rfcProof); err != nil {
		t.Error(err)
	}
	if err := c.Verify(rfcProof + ",x=an extension"); err != nil {
		t.Errorf("with an extension: %v", err)
	}
}

// RFC 5802, section 7: extensions after the iteration count are ignored, and signed.
func TestExtensionsAreSigned(t *testing.T) {
	c := newClient("user", "pencil", rfcNonce)
	got, err := c.Final(rfcServer + ",x=1,y=2")
	if err != nil || got == rfcFinal {
		t.Errorf("%s, %v", got, err)
	}
}

func TestServersThatAreNotTrusted(t *testing.T) {
	for name, message := range map[string]string{
		"nothing":                      "",
		"an error":                     "e=unknown-user",
		"another nonce":                strings.Replace(rfcServer, "r=r", "r=x", 1),
		"the client's nonce alone":     "r=" + rfcNonce + ",s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
		"no salt":                      strings.Replace(rfcServer, "W22ZaJ0SNY7soEsUEjb6gQ==", "", 1),
		"a salt that is not base64":    strings.Replace(rfcServer, "W22ZaJ0S", "W22Za-0S", 1),
		"a line break in the salt":     strings.Replace(rfcServer, "W22ZaJ0S", "W22Z\naJ0S", 1),
		"few iterations":               strings.Replace(rfcServer, "i=4096", "i=4095", 1),
		"a million and one iterations": strings.Replace(rfcServer, "i=4096", "i=1000001", 1),
		"iterations of 2⁶⁴":            strings.Replace(rfcServer, "i=4096", "i=18446744073709551616", 1),
		"negative iterations":          strings.Replace(rfcServer, "i=4096", "i=-4096", 1),
		"fields in another order":      "s=W22ZaJ0SNY7soEsUEjb6gQ==,r=" + rfcNonce + "x,i=4096",
		"a mandatory extension":        "m=x," + rfcServer,
		"no iterations":                strings.TrimSuffix(rfcServer, ",i=4096"),
	} {
		c := newClient("user", "pencil", rfcNonce)
		if got, err := c.Final(message); !errors.Is(err, ErrServer) || got != "" {
			t.Errorf("%s: %q, %v", name, got, err)
		}
		if c.Verify(rfcProof) == nil || c.Verify("v=") == nil {
			t.Errorf("%s: a proof is accepted afterwards", name)
		}
	}
}

func TestProofsThatAreNotTrusted(t *testing.T) {
	for name, message := range map[string]string{
		"nothing":            "",
		"no proof":           "v=",
		"another proof":      strings.Replace(rfcProof, "6rri", "6rrj", 1),
		"a longer proof":     "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4A",
		"an error":           "e=invalid-proof",
		"an error and proof": "e=invalid-proof," + rfcProof,
	} {
		c := newClient("user", "pencil", rfcNonce)
		if _, err := c.Final(rfcServer); err != nil {
			t.Fatal(err)
		}
		if err := c.Verify(message); !errors.Is(err, ErrServer) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Two clients never send the same nonce, and a name's = and , are escaped (RFC 5802, section 5.1).
func TestFirstMessages(t *testing.T) {
	one, err := New("a=b,c", "p")
	other, otherErr := New("a=b,c", "p")
	if err != nil || otherErr != nil {
		t.Fatal(err, otherErr)
	}
	if one.First() == other.First() || !strings.HasPrefix(one.First(), "n,,n=a=3Db=2Cc,r=") {
		t.Error(one.First(), other.First())
	}
}

func TestPasswordsAreNotQuoted(t *testing.T) {
	if _, err := New("user", "canary\x00"); !errors.Is(err, saslprep.ErrProhibited) || strings.Contains(err.Error(), "canary") {
		t.Error(err)
	}
}

// TestAnotherServer logs in at the server of another package.
func TestAnotherServer(t *testing.T) {
	for _, password := range []string{"pencil", "pass word=,", "I\u00adX", "e\u0301\u00a0\u2168", strings.Repeat("long", 100)} {
		if err := logIn(t, "ünï=,code", password, password); err != nil {
			t.Errorf("%q: %v", password, err)
		}
		if logIn(t, "user", password, password+"x") == nil {
			t.Errorf("%q: another password is accepted", password)
		}
	}
}

func logIn(t *testing.T, user, right, given string) error {
	t.Helper()
	stored, err := xdg.SHA256.NewClient("", right, "")
	if err != nil {
		t.Fatal(err)
	}
	server, err := xdg.SHA256.NewServer(func(who string) (xdg.StoredCredentials, error) {
		if who != user {
			t.Errorf("the server reads the name %q", who)
		}
		return stored.GetStoredCredentialsWithError(xdg.KeyFactors{Salt: "salt", Iters: minIterations})
	})
	if err != nil {
		t.Fatal(err)
	}
	client, err := New(user, given)
	if err != nil {
		t.Fatal(err)
	}
	conversation := server.NewConversation()
	challenge, err := conversation.Step(client.First())
	if err != nil {
		t.Fatal(err)
	}
	final, err := client.Final(challenge)
	if err != nil {
		t.Fatal(err)
	}
	proof, err := conversation.Step(final)
	return errors.Join(err, client.Verify(proof))
}

func FuzzServer(f *testing.F) {
	f.Add(rfcServer, rfcProof)
	f.Add("m=x,"+rfcServer, "e=other-error")
	f.Add("r=rOprNGfwEbeRWgbNEkqOx,s=AA==,i=4096,", "v=")
	f.Fuzz(func(t *testing.T, message, proof string) {
		if read, err := parseChallenge(message); err == nil && read.iterations > 10_000 {
			return // it would only take long
		}
		c := newClient("user", "pencil", rfcNonce)
		final, err := c.Final(message)
		if (err == nil) != strings.HasPrefix(final, "c=biws,r="+rfcNonce) {
			t.Errorf("%q: %q, %v", message, final, err)
		}
		if c.Verify(proof) == nil && (message != rfcServer || !strings.HasPrefix(proof, rfcProof)) {
			t.Errorf("%q and %q: the server is trusted", message, proof)
		}
	})
}
