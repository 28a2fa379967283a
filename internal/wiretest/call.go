package wiretest

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// Answer is a response.
type Answer struct {
	Status int
	Header http.Header
	Body   string
}

// Do sends a request to the app. The path is relative to the API's base URL, or is a whole URL.
// Headers are "Name: value".
func (a *App) Do(t testing.TB, method, path, body string, headers ...string) Answer {
	t.Helper()
	answer, err := a.Try(method, path, body, headers...)
	if err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	if answer.Status >= http.StatusBadRequest && strings.Contains(answer.Body, Canary) {
		t.Errorf("%s %s: an error quotes a value: %s", method, path, answer.Body)
	}
	return answer
}

// Try is like Do, but returns an error if the connection fails.
func (a *App) Try(method, path, body string, headers ...string) (Answer, error) {
	if !strings.Contains(path, "://") {
		path = a.URL + strings.TrimPrefix(path, "/api")
	}
	request, err := http.NewRequest(method, path, strings.NewReader(body))
	if err != nil {
		return Answer{}, err
	}
	for _, header := range headers {
		name, value, _ := strings.Cut(header, ":")
		request.Header.Add(name, strings.TrimSpace(value))
	}
	response, err := client.Do(request)
	if err != nil {
		return Answer{}, err
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	return Answer{response.StatusCode, response.Header, string(text)}, err
}

// Faults sets the stand-ins' faults, in the JSON of their control endpoint, and resets their
// counts.
func (a *App) Faults(faults string) error {
	for _, step := range []struct{ method, body string }{{http.MethodDelete, ""}, {http.MethodPut, faults}} {
		answer, err := a.Try(step.method, a.Azure.ControlURL(), step.body)
		if err == nil && answer.Status != http.StatusOK {
			err = fmt.Errorf("faults %s: %d %s", faults, answer.Status, answer.Body)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// client ignores the environment's proxy, because it connects only to loopback addresses.
var client = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 256}}

// String returns an answer as scenarios match it: status, sorted headers, body.
func (a Answer) String() string {
	var text strings.Builder
	fmt.Fprintf(&text, "%d %s\n", a.Status, http.StatusText(a.Status))
	names := make([]string, 0, len(a.Header))
	for name := range a.Header {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		for _, value := range a.Header[name] {
			fmt.Fprintf(&text, "%s: %s\n", name, value)
		}
	}
	return text.String() + "\n" + a.Body + "\n"
}
