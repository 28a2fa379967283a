package repository_test

import (
	"regexp"
	"strconv"
	"strings"
	"testing"

	"rotunda/internal/wiretest"
)

// exchange is a request of rotunda.http, with the status that its title expects: 404, if it ends
// in ": 404", or success.
type exchange struct {
	title, method, url, body string
	headers                  []string
	status                   string
}

var (
	variable = regexp.MustCompile(`(?m)^@(\w+) = (.*)$`)
	expected = regexp.MustCompile(`: (\d{3})$`)
)

func parse(t *testing.T, text, app string) (all []exchange) {
	t.Helper()
	text = strings.ReplaceAll(text, "\r\n", "\n")
	for _, found := range variable.FindAllStringSubmatch(text, -1) {
		value := found[2]
		if found[1] == "app" {
			value = app
		}
		text = strings.ReplaceAll(text, "{{"+found[1]+"}}", value)
	}
	for part := range strings.SplitSeq(text, "\n### ") {
		title, rest, _ := strings.Cut(part, "\n")
		if strings.HasPrefix(title, "#") { // what comes before the first request
			continue
		}
		head, body, _ := strings.Cut(strings.TrimSpace(rest), "\n\n")
		lines := strings.Split(head, "\n")
		method, url, found := strings.Cut(lines[0], " ")
		if !found || strings.Contains(head, "{{") {
			t.Fatalf("%q begins with %q", title, lines[0])
		}
		e := exchange{title: title, method: method, url: url, body: body, headers: lines[1:], status: "2"}
		if status := expected.FindStringSubmatch(title); status != nil {
			e.status = status[1]
		}
		all = append(all, e)
	}
	return all
}

// TestRequests sends the requests of rotunda.http from top to bottom.
func TestRequests(t *testing.T) {
	app := wiretest.Start(t, wiretest.Options{})
	all := parse(t, read(t, "rotunda.http"), app.URL)
	if len(all) < 15 {
		t.Fatalf("only %d requests were found", len(all))
	}
	for _, e := range all {
		got := app.Do(t, e.method, e.url, e.body, e.headers...)
		if !strings.HasPrefix(strconv.Itoa(got.Status), e.status) {
			t.Errorf("%s: %d, want %s: %s", e.title, got.Status, e.status, got.Body)
		}
	}
}
