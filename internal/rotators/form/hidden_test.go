package form_test

import (
	"encoding/base64"
	"encoding/hex"
	"strconv"
	"strings"
	"testing"

	"rotunda/internal/rotators/form"
)

const password = `c?n~ry'"&-12`

// A copy that an encoding hides from a plain search is rejected, whatever is around it.
func TestHiddenCopiesAreRejected(t *testing.T) {
	for _, before := range []string{"", "app:", "user ", `{"auths":`} {
		bytes := []byte(before + password + " and more")
		for _, copied := range []string{
			base64.StdEncoding.EncodeToString(bytes), base64.RawURLEncoding.EncodeToString(bytes), strings.ToUpper(hex.EncodeToString(bytes)),
		} {
			for _, around := range []string{"", "Basic ", "{", "[", "<a>", "https://h/", "x|", "data:text/plain;base64,", "`", "(", `\n`} {
				mustRefuse(t, around+copied+"}")
			}
			mustRefuse(t, strings.NewReplacer("=", "%3D", "/", "%2F", "+", "%2b").Replace(copied)+"%3D")
			mustRefuse(t, copied[:9]+"\r\n"+copied[9:])
		}
	}
	mustRefuse(t, "<add value=\"c?n~ry&apos;&quot;&amp;-12\"/>")
	mustRefuse(t, "path=/%63%3Fn~ry%27%22%26-12/x")
}

// mustRefuse fails the test unless a value with a copy of its password is refused.
func mustRefuse(t *testing.T, copied string) {
	t.Helper()
	value := `{"username":"app","password":` + strconv.Quote(password) + `,"copy":` + strconv.Quote(copied) + `}`
	l, err := form.Parse(value, form.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if changed, err := l.With("app", "N3w-12345"); err == nil || !strings.Contains(err.Error(), `"copy"`) {
		t.Errorf("%s: %q, %v", copied, changed, err)
	}
}
