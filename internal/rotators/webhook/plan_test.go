package webhook

import (
	"strings"
	"testing"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/rotatortest"
	"rotunda/internal/secret"
)

func TestPlan(t *testing.T) {
	single, err := Rotator{}.Plan(subject(rotation.Single, "https://hooks.example.com/orders"))
	if err != nil || single.Class != rotation.Single || single.Identity != "https://hooks.example.com:443/orders as first" {
		t.Errorf("class S: %+v, %v", single, err)
	}
	if single.Next.Reveal() == firstValue || single.Next.Equal(single.Decoy) || !single.Next.IsSet() {
		t.Error("class S: no new value, or no decoy")
	}
	issued, err := Rotator{}.Plan(subject(rotation.Issued, "https://hooks.example.com"))
	if err != nil || issued.Class != rotation.Issued || issued.Identity != "https://hooks.example.com:443/" || issued.Next.IsSet() {
		t.Errorf("class C: %+v, %v", issued, err)
	}
	moved := subject(rotation.Issued, "https://HOOKS.example.com:443/")
	moved.CredentialID, moved.Current = "second", secret.NewValue("canary-second")
	if again, err := (Rotator{}).Plan(moved); err != nil || again.Identity != issued.Identity {
		t.Errorf("after a rotation: %+v, %v", again, err)
	}
}

func TestAPlanKeepsTheFormOfAValue(t *testing.T) {
	s := subject(rotation.Single, "https://h/")
	s.CredentialID, s.Current = "", secret.NewValue(`{"username":"app", "password":"canary-pw-1", "url":"https://api"}`)
	plan, err := Rotator{}.Plan(s)
	if next := plan.Next.Reveal(); err != nil || !strings.HasPrefix(next, `{"username":"app", "password":"`) || !strings.HasSuffix(next, `", "url":"https://api"}`) {
		t.Errorf("%q, %v", next, err)
	}
	if !(Rotator{}).Same(s, s.Current, secret.NewValue("https://app:canary-pw-1@h")) || (Rotator{}).Same(s, s.Current, plan.Next) {
		t.Error("the same login in another form is not the same, or another one is")
	}
	if c := subject(rotation.Issued, "https://h"); !(Rotator{}).Same(c, c.Current, c.Current) || (Rotator{}).Same(c, c.Current, secret.NewValue("canary-2")) {
		t.Error("class C compares values wrongly")
	}
}

func TestWrongTagsAreNamed(t *testing.T) {
	for name, row := range map[string]struct {
		change func(*rotation.Subject)
		says   string
	}{
		"no address":                {func(s *rotation.Subject) { s.Address = "" }, "https://host/path"},
		"another scheme":            {func(s *rotation.Subject) { s.Address = "ftp://h" }, "https://host/path"},
		"opaque":                    {func(s *rotation.Subject) { s.Address = "https:h" }, "https://host/path"},
		"a password in the address": {func(s *rotation.Subject) { s.Address = "https://u:canary@h/" }, "must not have a user"},
		"no host":                   {func(s *rotation.Subject) { s.Address = "https:///p" }, "must be one host name"},
		"a fragment":                {func(s *rotation.Subject) { s.Address = "https://h/#f" }, "form"},
		"another parameter":         {func(s *rotation.Subject) { s.Address = "https://h/?token=canary" }, "cafile"},
		"dots in the path":          {func(s *rotation.Subject) { s.Address = "https://h/a/../b" }, "one address"},
		"an encoded path":           {func(s *rotation.Subject) { s.Address = "https://h/%61" }, "one address"},
		"a trailing slash":          {func(s *rotation.Subject) { s.Address = "https://h/a/" }, "one address"},
		"http to another machine":   {func(s *rotation.Subject) { s.Address = "http://hooks.example.com/" }, "must have an https:// address"},
		"http to the metadata":      {func(s *rotation.Subject) { s.Address = "http://169.254.169.254/metadata" }, "must have an https:// address"},
		"http to this machine": {func(s *rotation.Subject) {
			s.Address, s.Trust.Plaintext = "http://127.0.0.1:8090/", false
		}, "ROTATION_ALLOW_PLAINTEXT"},
		"a cafile without TLS":    {func(s *rotation.Subject) { s.Address = "http://localhost/?cafile=ca.pem" }, "has a cafile but no TLS"},
		"a cafile by its path":    {func(s *rotation.Subject) { s.Address = "https://h/?cafile=../ca.pem" }, "name of a file"},
		"a class without a hook":  {func(s *rotation.Subject) { s.Tags = map[string]string{rotation.TagClass: "O"} }, "must be S or C"},
		"nothing that signs":      {func(s *rotation.Subject) { s.Admin = secret.Value{} }, "ROTATION_WEBHOOK_AUDIENCES"},
		"a key that is the value": {func(s *rotation.Subject) { s.Current = s.Admin }, "must name another secret"},
		"a key that is short":     {func(s *rotation.Subject) { s.Admin = secret.NewValue("Y2FuYXJ5") }, "24 to 64 random bytes"},
		"a key that is a login":   {func(s *rotation.Subject) { s.Admin = secret.NewValue("https://a:canary@h") }, "24 to 64 random bytes"},
		"a bare value of no user": {func(s *rotation.Subject) { s.CredentialID = "" }, "CredentialId"},
		"class C without an id": {func(s *rotation.Subject) {
			s.CredentialID, s.Tags = "", map[string]string{rotation.TagClass: "C"}
		}, "needs the tag CredentialId"},
		"class C with a form": {func(s *rotation.Subject) {
			s.Tags = map[string]string{rotation.TagClass: "C", rotation.TagPasswordLength: "40"}
		}, "has no effect in class C"},
		"class C without a value": {func(s *rotation.Subject) {
			s.Current, s.Tags = secret.NewValue(""), map[string]string{rotation.TagClass: "C"}
		}, "value is empty"},
	} {
		t.Run(name, func(t *testing.T) {
			s := subject(rotation.Single, "https://h/")
			row.change(&s)
			_, err := Rotator{}.Plan(s)
			rotatortest.WantPermanent(t, err, row.says)
		})
	}
}

// A value of the kind random is a key, and so is what other libraries make.
func TestKeysInTheFormsThatTheyHave(t *testing.T) {
	random, err := rotation.NewPassword(nil, rotation.Alphanumeric)
	rotatortest.Must(t, err)
	for _, text := range []string{random, signingKey, "whsec_" + signingKey, "whsec_" + signingKey + "\n"} {
		if _, err := parseKey(secret.NewValue(text)); err != nil {
			t.Errorf("%d characters: %v", len(text), err)
		}
	}
}
