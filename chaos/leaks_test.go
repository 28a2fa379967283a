package chaos_test

import (
	"net/url"
	"slices"
	"strings"
	"testing"
)

// verifyLeaks searches every log, response, tag and message for the passwords of all values that
// ever existed.
func (s *storm) verifyLeaks(t *testing.T, values []string) {
	t.Helper()
	passwords := map[string]bool{}
	for _, value := range values {
		passwords[passwordOf(t, value)] = true
	}
	said := map[string]string{"an answer, a status or a tag": s.answers.String(), "a queue message": s.messages.String()}
	for _, h := range append(slices.Clone(s.handlers), s.serving) {
		said["the handler's log at "+h.url] = h.log.String() + h.errors.String()
	}
	for _, f := range s.fleets {
		said[f.String()+"'s log"] = f.serverLog()
	}
	size := 0
	for where, text := range said {
		if found := leaks(text, passwords); len(found) > 0 {
			t.Errorf("%s contains %d passwords", where, len(found))
		}
		if text == "" {
			t.Logf("%s contains no password", where)
		}
		size += len(text)
	}
	t.Logf("none of %d passwords is in %d bytes of logs, responses, tags and messages", len(passwords), size)
}

// passwordOf returns the password in a value of one of the forms that fleets use.
func passwordOf(t *testing.T, value string) string {
	t.Helper()
	if strings.HasPrefix(value, "{") {
		_, password, err := readJSON(value)
		if err != nil {
			t.Fatal(err)
		}
		return password
	}
	parsed, err := url.Parse(value)
	if err != nil {
		t.Fatal(err)
	}
	password, _ := parsed.User.Password()
	return password
}

// generatedLength is the length of the passwords that rotators generate.
const generatedLength = 32

// leaks finds passwords in a text. It looks up each part of the text that could be one, as there
// are too many passwords to search for each.
func leaks(text string, passwords map[string]bool) (found []string) {
	for start := 0; start < len(text); {
		end := start
		for end < len(text) && isPassword(text[end]) {
			end++
		}
		for at := start; at+generatedLength <= end; at++ {
			if part := text[at : at+generatedLength]; passwords[part] {
				found = append(found, part)
			}
		}
		start = end + 1
	}
	for password := range passwords {
		if len(password) != generatedLength && strings.Contains(text, password) {
			found = append(found, password)
		}
	}
	return found
}

func isPassword(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

func TestLeaksAreFound(t *testing.T) {
	generated, given := strings.Repeat("aB3d", generatedLength/4), "canary-7"
	passwords := map[string]bool{generated: true, given: true}
	for text, want := range map[string]int{
		"": 0, "nothing": 0, generated: 1, "x" + generated + "y": 1, "PASSWORD '" + generated + "' and " + given: 2, generated[1:]: 0,
	} {
		if found := leaks(text, passwords); len(found) != want {
			t.Errorf("%q: %v", text, found)
		}
	}
}
