package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

const quickstartName = "hello-rotunda"

// caller is the app's base URL, and the key or token to call it with, if it needs one.
type caller struct{ url, key, token string }

// step is one request of the quickstart and its expected response.
type step struct {
	title, method, path, body string
	status                    int
	tell                      func(answer) string
}

// answer is the part of Key Vault's JSON that the steps show.
type answer struct {
	Value              string `json:"value"`
	ID                 string `json:"id"`
	ScheduledPurgeDate int64  `json:"scheduledPurgeDate"`
	State              string `json:"state"`
	NextDue            string `json:"nextDue"`
	Error              struct {
		Code    string `json:"code"`
		Message string `json:"message"`
	} `json:"error"`
}

var steps = []step{
	{
		// recover: with -data, the name may still be soft-deleted by the previous run
		"set", http.MethodPut, "/secrets/" + quickstartName + "?onDeleted=recover", `{"value":"a round vault"}`, http.StatusOK,
		tellVersion,
	},
	{
		"get", http.MethodGet, "/secrets/" + quickstartName, "", http.StatusOK,
		tellValue,
	},
	{
		"delete", http.MethodDelete, "/secrets/" + quickstartName + "?wait=true", "", http.StatusOK,
		func(a answer) string {
			return "deleted, recoverable until " + time.Unix(a.ScheduledPurgeDate, 0).UTC().Format(time.DateOnly)
		},
	},
	{
		"get", http.MethodGet, "/secrets/" + quickstartName, "", http.StatusNotFound,
		func(a answer) string { return a.Error.Code },
	},
}

// quickstart sets a secret, reads it, deletes it and waits until the vault has finished, through
// the app.
func quickstart(ctx context.Context, app caller, out io.Writer) error {
	fmt.Fprintln(out, "\nQuickstart:")
	for _, step := range steps {
		if err := step.show(ctx, app, out); err != nil {
			return err
		}
	}
	return nil
}

// show performs the step and prints the result.
func (s step) show(ctx context.Context, app caller, out io.Writer) error {
	started := time.Now()
	status, found, err := s.take(ctx, app)
	if err != nil {
		return err
	}
	if status != s.status {
		return fmt.Errorf("%s %s returned %d %s, want %d", s.method, s.path, status, found.Error.Code, s.status)
	}
	fmt.Fprintf(out, "  %-6s  %-6s /api%-47s  %d  %s  (%s)\n", s.title, s.method, s.path, status, s.tell(found), time.Since(started).Round(time.Millisecond/10))
	return nil
}

func (s step) take(ctx context.Context, app caller) (int, answer, error) {
	request, err := http.NewRequestWithContext(ctx, s.method, app.url+s.path, strings.NewReader(s.body))
	if err != nil {
		return 0, answer{}, err
	}
	if app.key != "" {
		request.Header.Set("X-Functions-Key", app.key)
	}
	if app.token != "" {
		request.Header.Set("Authorization", "Bearer "+app.token)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, answer{}, err
	}
	defer response.Body.Close()
	var found answer
	if err := json.NewDecoder(response.Body).Decode(&found); err != nil {
		return 0, answer{}, fmt.Errorf("%s %s returned %d without JSON: %w", s.method, s.path, response.StatusCode, err)
	}
	return response.StatusCode, found, nil
}
