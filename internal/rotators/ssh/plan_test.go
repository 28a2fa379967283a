package ssh

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/form"
	"rotunda/internal/rotators/rotatortest"
	"rotunda/internal/secret"
)

const fingerprint = "SHA256:uNiVztksCsDhcc0u9e8BrqXVWM7XbWHwXbXcV/NFq3w"

func subject(value string) rotation.Subject {
	return rotation.Subject{
		Name: "deploy-key", Owner: owner, Address: "ssh://host.example.com", CredentialID: "deploy", Current: secret.NewValue(value),
		Tags: map[string]string{rotation.TagSSHHostKey: fingerprint},
	}
}

func TestWrongSSHSubjectsSayWhatIsWrong(t *testing.T) {
	private, public := newKey(t)
	encrypted := filepath.Join(t.TempDir(), "key")
	for says, spoil := range map[string]func(*rotation.Subject){
		"ssh://host:22":           func(s *rotation.Subject) { s.Address = "deploy@host" },
		"user or password":        func(s *rotation.Subject) { s.Address = "ssh://deploy@host" },
		"parameter file":          func(s *rotation.Subject) { s.Address += "?file=$(canary)" },
		"path of the user's":      func(s *rotation.Subject) { s.Address += "?file=../../etc/passwd" },
		"letters, digits":         func(s *rotation.Subject) { s.Address += "?file=-rf" },
		"must be the fingerprint": func(s *rotation.Subject) { s.Tags = nil },
		"or several":              func(s *rotation.Subject) { s.Tags[rotation.TagSSHHostKey] += ",MD5:canary" },
		"name of the user":        func(s *rotation.Subject) { s.CredentialID = "" },
		"whose key it is":         func(s *rotation.Subject) { s.CredentialID = "a b" },
		"O for SSH":               func(s *rotation.Subject) { s.Tags[rotation.TagClass] = "S" },
		"one private key":         func(s *rotation.Subject) { s.Current = secret.NewValue(private + private) },
		"in PEM form":             func(s *rotation.Subject) { s.Current = secret.NewValue("-----BEGIN canary") },
		"can't be read":           func(s *rotation.Subject) { s.Current = secret.NewValue("-----BEGIN X-----\nAAAA\n-----END X-----\n") },
		"too long":                func(s *rotation.Subject) { s.Current = secret.NewValue(strings.Repeat("a", 20000)) },
		"AdminSecret":             func(s *rotation.Subject) { s.Admin = secret.NewValue(public) },
		"has a passphrase": func(s *rotation.Subject) {
			s.Current = secret.NewValue(keygen(t, encrypted, "-t", "ed25519", "-N", "canary-phrase"))
		},
	} {
		t.Run(says, func(t *testing.T) {
			s := subject(private)
			spoil(&s)
			_, err := Rotator{}.Plan(s)
			rotatortest.WantPermanent(t, err, says)
		})
	}
}

// keygen returns a private key that ssh-keygen has made.
func keygen(t *testing.T, path string, args ...string) string {
	t.Helper()
	tool, err := exec.LookPath("ssh-keygen")
	if err != nil {
		t.Skip("skipped: ssh-keygen is not installed: apt-get install openssh-client")
	}
	if out, err := exec.Command(tool, append(args, "-q", "-f", path)...).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return read(t, path)
}

// A key keeps its kind and the form of its file.
func TestKeysKeepTheirKind(t *testing.T) {
	curve, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	rotatortest.Must(t, err)
	large, err := rsa.GenerateKey(rand.Reader, 3072)
	rotatortest.Must(t, err)
	der := func(der []byte, err error) []byte { rotatortest.Must(t, err); return der }
	block := func(kind string, der []byte) string {
		return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
	}
	openSSH, _ := newKey(t)
	ofRSA, _ := fileOf(t, large)
	ofECDSA, _ := fileOf(t, curve)
	for _, row := range []struct{ value, kind, block string }{
		{openSSH, "ssh-ed25519", "OPENSSH PRIVATE KEY"},
		{strings.TrimSuffix(openSSH, "\n"), "ssh-ed25519", "OPENSSH PRIVATE KEY"},
		{"\ufeff\n" + openSSH + "\r\n\r\n", "ssh-ed25519", "OPENSSH PRIVATE KEY"},
		{ofRSA, "ssh-rsa", "OPENSSH PRIVATE KEY"},
		{ofECDSA, "ecdsa-sha2-nistp384", "OPENSSH PRIVATE KEY"},
		{block("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(large)), "ssh-rsa", "RSA PRIVATE KEY"},
		{block("EC PRIVATE KEY", der(x509.MarshalECPrivateKey(curve))), "ecdsa-sha2-nistp384", "EC PRIVATE KEY"},
		{block("PRIVATE KEY", der(x509.MarshalPKCS8PrivateKey(curve))), "ecdsa-sha2-nistp384", "PRIVATE KEY"},
		{block("PRIVATE KEY", der(x509.MarshalPKCS8PrivateKey(large))), "ssh-rsa", "PRIVATE KEY"},
		{keygen(t, filepath.Join(t.TempDir(), "k"), "-t", "ecdsa", "-b", "384", "-N", ""), "ecdsa-sha2-nistp384", "OPENSSH PRIVATE KEY"},
	} {
		s := subject(row.value)
		plan, err := Rotator{}.Plan(s)
		rotatortest.Must(t, err)
		next := plan.Next.Reveal()
		signer, err := ssh.ParsePrivateKey([]byte(strings.TrimPrefix(next, "\ufeff")))
		if err != nil || signer.PublicKey().Type() != row.kind || !strings.Contains(next, "-----BEGIN "+row.block+"-----") {
			t.Errorf("%s: %v\n%s", row.kind, err, next)
		}
		if ending(next) != ending(row.value) || strings.HasPrefix(next, "\ufeff\n") != strings.HasPrefix(row.value, "\ufeff\n") {
			t.Errorf("the ends of %q became those of %q", row.value, next)
		}
		if (Rotator{}).Same(s, plan.Next, s.Current) || (Rotator{}).Same(s, plan.Decoy, s.Current) || (Rotator{}).Same(s, plan.Decoy, plan.Next) || !(Rotator{}).Same(s, s.Current, s.Current) {
			t.Error("not three different keys")
		}
	}
}

func ending(text string) string { return text[len(strings.TrimRight(text, "\r\n")):] }

func TestOneKeyInOtherForms(t *testing.T) {
	curve, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	rotatortest.Must(t, err)
	file, _ := fileOf(t, curve)
	der, err := x509.MarshalPKCS8PrivateKey(curve)
	rotatortest.Must(t, err)
	other := string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
	if !(Rotator{}).Same(subject(file), secret.NewValue(file), secret.NewValue(other)) {
		t.Error("one key counts as two")
	}
}

func TestAKeyInJSON(t *testing.T) {
	file, _ := newKey(t)
	inJSON, err := json.Marshal(map[string]any{"host": "h", "privateKey": file})
	rotatortest.Must(t, err)
	if k, err := form.ParseKey(secret.NewValue(string(inJSON)), form.KeyOptions{Names: names}); err != nil || k.Value.Reveal() != file {
		t.Skipf("skipped: package form reads no keys in JSON: %v", err)
	}
	s := subject(string(inJSON))
	plan, err := Rotator{}.Plan(s)
	rotatortest.Must(t, err)
	var next struct{ Host, PrivateKey string }
	if err := json.Unmarshal([]byte(plan.Next.Reveal()), &next); err != nil || next.Host != "h" || next.PrivateKey == file {
		t.Errorf("%v, %+v", err, next)
	}
	if _, err := parsePEM(next.PrivateKey); err != nil {
		t.Error(err)
	}
}

// What a server's file has besides the keys in question comes back byte for byte.
func FuzzAuthorizedKeys(f *testing.F) {
	private, public := newKey(f)
	current, err := parsePEM(private)
	if err != nil {
		f.Fatal(err)
	}
	private, _ = newKey(f)
	next, err := parsePEM(private)
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range []string{"", "# x\r\n", "ssh-ed25519 AAAA x", `command="a,b \" c" ssh-rsa AAAA`, "\x00\n\n", `from="`} {
		f.Add(file, file)
	}
	f.Fuzz(func(t *testing.T, before, after string) {
		if before != "" && !strings.HasSuffix(before, "\n") {
			before += "\n"
		}
		file := before + public + "\n" + after
		lines := parseLines([]byte(file))
		if (whole{lines}).text() != file {
			t.Fatalf("%q came back as %q", file, whole{lines}.text())
		}
		both := parseLines(add(lines, current, next, owner))
		if !slices.ContainsFunc(both, func(l line) bool { return l.has(next) }) {
			t.Fatalf("%q has no new line", file)
		}
		if got := string(remove(both, next)); got != file {
			t.Errorf("%q became %q", file, got)
		}
		if again := add(both, current, next, owner); string(again) != (whole{both}).text() {
			t.Errorf("added twice: %q", again)
		}
	})
}

type whole struct{ lines []line }

func (f whole) text() (text string) {
	for _, l := range f.lines {
		text += l.text
	}
	return text
}

// A value that has the public key beside the private one is given to readers whole.
func TestThePublicKeyInTheValueGoesWithThePrivateOne(t *testing.T) {
	private, public := newKey(t)
	for _, escape := range []*strings.Replacer{strings.NewReplacer(), strings.NewReplacer("+", `\u002B`), strings.NewReplacer("/", `\/`)} {
		signer, err := ssh.ParsePrivateKey([]byte(private))
		rotatortest.Must(t, err)
		text, err := json.Marshal(map[string]string{"privateKey": private, "z": "+/"})
		rotatortest.Must(t, err)
		fields := `{"publicKey":"` + public + ` deploy@host","fingerprint":"` + ssh.FingerprintSHA256(signer.PublicKey()) + `",`
		s := subject(escape.Replace(fields) + string(text[1:]))
		next := planned(t, s)
		k, err := parseKey(next, "")
		rotatortest.Must(t, err)
		var got map[string]string
		rotatortest.Must(t, json.Unmarshal([]byte(next.Reveal()), &got))
		line := strings.TrimSpace(string(ssh.MarshalAuthorizedKey(k.signer.PublicKey())))
		if got["publicKey"] != line+" deploy@host" || got["fingerprint"] != ssh.FingerprintSHA256(k.signer.PublicKey()) || got["z"] != "+/" {
			t.Errorf("%q, %q", got["publicKey"], got["fingerprint"])
		}
	}
	text, err := json.Marshal(map[string]string{"privateKey": private})
	rotatortest.Must(t, err)
	s := subject(`{"publicKey":"` + strings.ReplaceAll(public, "A", `\u0041`) + `",` + string(text[1:]))
	_, err = Rotator{}.Plan(s)
	rotatortest.WantPermanent(t, err, "repeats the public key")
}
