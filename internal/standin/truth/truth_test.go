package truth_test

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"rotunda/internal/standin/truth"
)

func TestEverythingIsThere(t *testing.T) {
	steps := 0
	all := truth.Scenarios()
	for _, s := range all {
		steps += len(s.Steps)
		if s.Name == "" || s.Source == "" || s.Evidence == "" {
			t.Errorf("%q has no name, source or evidence", s.Name)
		}
	}
	if len(all) != 18 || steps != 71 {
		t.Errorf("%d scenarios with %d steps, want 18 with 71", len(all), steps)
	}
}

func TestNeeds(t *testing.T) {
	var noToken, emptyVault []string
	for _, s := range truth.Scenarios() {
		if s.NeedsNoToken() {
			noToken = append(noToken, s.Name)
		}
		if s.NeedsEmptyVault() {
			emptyVault = append(emptyVault, s.Name)
		}
	}
	if want := []string{"unauthenticated-challenge"}; !slices.Equal(noToken, want) {
		t.Errorf("without token: %v, want %v", noToken, want)
	}
	want := []string{"soft-delete-list-recover", "list-secrets", "disabled-from-birth-listed-deleted"}
	if !slices.Equal(emptyVault, want) {
		t.Errorf("an empty vault: %v, want %v", emptyVault, want)
	}
}

// scenario returns one with a single GET /x and this expected response.
func scenario(step truth.Step) truth.Scenario {
	if step.Method == "" {
		step.Method, step.Path = "GET", "/x"
	}
	return truth.Scenario{Steps: []truth.Step{step}}
}

// against replays a scenario against a server that always returns the same response.
func against(t *testing.T, s truth.Scenario, opts truth.Options, status int, body string) error {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(status)
		_, _ = w.Write([]byte(strings.ReplaceAll(body, "HOST", r.Host)))
	}))
	defer server.Close()
	target := truth.Target{BaseURL: server.URL, Authority: "v"}
	return truth.Replay(t.Context(), s, target, opts)
}

func TestReplayTellsTrueFromFalse(t *testing.T) {
	const hex = "0123456789abcdef0123456789abcdef"
	object := func(want any) truth.Step {
		return truth.Step{Expect: truth.Expect{Status: 200, Body: map[string]any{"k": want}}}
	}
	for name, c := range map[string]struct {
		step truth.Step
		body string
		want string // part of the error, or empty for none
	}{
		"an equal text":                   {object("v"), `{"k":"v"}`, ""},
		"another text":                    {object("v"), `{"k":"w"}`, `body.k: "w", want "v"`},
		"a number that should be text":    {object("v"), `{"k":1}`, "not a string"},
		"a key too many":                  {object("v"), `{"k":"v","l":1}`, "body.l is present"},
		"a key too few":                   {object("v"), `{}`, "body.k is missing"},
		"a key that must be absent":       {object("$absent"), `{"k":null}`, "body.k is present"},
		"an absent key":                   {object("$absent"), `{}`, ""},
		"null":                            {object("$null"), `{"k":null}`, ""},
		"not null":                        {object("$null"), `{"k":""}`, "want null"},
		"anything":                        {object("$any"), `{"k":[1]}`, ""},
		"a time":                          {object("$unixtime"), `{"k":1700000000}`, ""},
		"a time with a fraction":          {object("$unixtime"), `{"k":1700000000.5}`, "want an integer"},
		"an expression":                   {object("/^a.c$/"), `{"k":"abc"}`, ""},
		"an expression that fails":        {object("/^a.c$/"), `{"k":"abbc"}`, "want /^a.c$/"},
		"an id":                           {object("$id({a},{a.v1})"), `{"k":"https://v/secrets/NAME/` + hex + `"}`, "want"},
		"a version":                       {object("{a.v1}"), `{"k":"` + hex + `"}`, ""},
		"a version with a letter too few": {object("{a.v1}"), `{"k":"` + hex[1:] + `"}`, "want"},
		"not JSON":                        {object("v"), `<html>`, "not JSON"},
		"no body where there is one":      {truth.Step{Expect: truth.Expect{Status: 200, Body: "$empty"}}, `{}`, "want none"},
		"another status":                  {truth.Step{Expect: truth.Expect{Status: 404}}, `{}`, "status 200, want 404"},
		"updated before created":          {truth.Step{Expect: truth.Expect{Status: 200, Body: "$any"}}, `{"a":{"created":2,"updated":1}}`, "before it was created"},
	} {
		t.Run(name, func(t *testing.T) {
			wantError(t, against(t, scenario(c.step), truth.Options{}, 200, c.body), c.want)
		})
	}
}

func wantError(t *testing.T, err error, part string) {
	t.Helper()
	switch {
	case part == "" && err != nil:
		t.Errorf("an error for a match: %v", err)
	case part != "" && err == nil:
		t.Errorf("no error; want one with %q", part)
	case part != "" && !strings.Contains(err.Error(), part):
		t.Errorf("got %v; want an error with %q", err, part)
	}
}

func TestCapturedValuesAreCompared(t *testing.T) {
	const hex = "0123456789abcdef0123456789abcdef"
	both := func(x, y string) truth.Scenario {
		return scenario(truth.Step{Expect: truth.Expect{Status: 200, Body: map[string]any{"x": x, "y": y}}})
	}
	for name, c := range map[string]struct {
		x, y, body, want string
	}{
		"the same time":             {"{a.t1}", "{a.t1}", `{"x":5,"y":5}`, ""},
		"another time":              {"{a.t1}", "{a.t1}", `{"x":5,"y":6}`, "6 is not the earlier {a.t1}, 5"},
		"seven days later":          {"{a.d1}", "$plusDays({a.d1},7)", `{"x":5,"y":604805}`, ""},
		"almost seven days later":   {"{a.d1}", "$plusDays({a.d1},7)", `{"x":5,"y":604804}`, "want 604805"},
		"two versions of one name":  {"{a.v1}", "{a.v2}", `{"x":"` + hex + `","y":"` + hex + `"}`, "the same version"},
		"two versions of two names": {"{a.v1}", "{b.v1}", `{"x":"` + hex + `","y":"` + hex + `"}`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			wantError(t, against(t, both(c.x, c.y), truth.Options{}, 200, c.body), c.want)
		})
	}
}

func TestErrorsByCodeOnly(t *testing.T) {
	s := scenario(truth.Step{Expect: truth.Expect{Status: 404, Body: map[string]any{
		"error": map[string]any{"code": "C", "message": "recorded"},
	}}})
	const ours = `{"error":{"code":"C","message":"ours"}}`
	wantError(t, against(t, s, truth.Options{}, 404, ours), "body.error.message")
	wantError(t, against(t, s, truth.Options{CodesOnly: true}, 404, ours), "")
	wantError(t, against(t, s, truth.Options{CodesOnly: true}, 404, `{"error":{"code":"D","message":"ours"}}`), "body.error.code")
	wantError(t, against(t, s, truth.Options{CodesOnly: true}, 404, `{"error":{"code":"C","message":""}}`), "body.error.message")
}

func TestLinks(t *testing.T) {
	s := scenario(truth.Step{
		Method: "GET", Path: "/x", Query: map[string]string{"maxresults": "1"},
		Expect: truth.Expect{Status: 200, Body: map[string]any{"nextLink": "$nextLink({p.next})"}},
	})
	s.APIVersion = "7.6"
	const good = `http://HOST/x?api-version=7.6&$skiptoken=t&maxresults=1`
	for name, c := range map[string]struct {
		link, want string
		loose      bool
	}{
		"as it should be":        {good, "", false},
		"without maxresults":     {`http://HOST/x?api-version=7.6&$skiptoken=t`, "want a query", false},
		"another api-version":    {`http://HOST/x?api-version=7.5&$skiptoken=t&maxresults=1`, "want a query", false},
		"another order, loosely": {`http://HOST/x?maxresults=1&skip=t`, "", true},
		"another path, loosely":  {`http://HOST/y?api-version=7.6&$skiptoken=t&maxresults=1`, "want a link to", true},
		"another host, loosely":  {`http://elsewhere/x?api-version=7.6&$skiptoken=t&maxresults=1`, "want a link to", true},
		"another scheme":         {`https://HOST/x?api-version=7.6&$skiptoken=t&maxresults=1`, "want a link to", false},
	} {
		t.Run(name, func(t *testing.T) {
			wantError(t, against(t, s, truth.Options{LooseLinks: c.loose}, 200, `{"nextLink":"`+c.link+`"}`), c.want)
		})
	}
}

func TestLists(t *testing.T) {
	item := func(name string) map[string]any { return map[string]any{"id": "https://v/secrets/" + name} }
	list := func(sorted bool, names ...string) truth.Scenario {
		var items []any
		for _, name := range names {
			items = append(items, item(name))
		}
		return scenario(truth.Step{Pages: true, Sorted: sorted, Expect: truth.Expect{Status: 200, Body: map[string]any{"value": items}}})
	}
	const ab = `{"value":[{"id":"https://v/secrets/b"},{"id":"https://v/secrets/a"}],"nextLink":null}`
	wantError(t, against(t, list(false, "a", "b"), truth.Options{}, 200, ab), "")
	wantError(t, against(t, list(true, "a", "b"), truth.Options{}, 200, ab), "ascending order")
	wantError(t, against(t, list(false, "a"), truth.Options{}, 200, ab), "2 items, want 1")
	wantError(t, against(t, list(false, "a", "c"), truth.Options{}, 200, ab), "lacks https://v/secrets/c")
	wantError(t, against(t, list(false), truth.Options{}, 200, `{"value":[]}`), "a page is not")
	endless := `{"value":[],"nextLink":"http://HOST/x?api-version=2026-04-01&$skiptoken=t"}`
	wantError(t, against(t, list(false), truth.Options{}, 200, endless), "has not ended")
}

func TestPatienceEnds(t *testing.T) {
	s := scenario(truth.Step{
		Eventually: true, Meanwhile: []int{404},
		MeanwhileBody: map[string]any{"404": map[string]any{}}, Expect: truth.Expect{Status: 200},
	})
	opts := truth.Options{Poll: time.Millisecond, Patience: 50 * time.Millisecond}
	wantError(t, against(t, s, opts, 404, `{}`), "deadline exceeded")
	opts.Patience = time.Minute
	wantError(t, against(t, s, opts, 404, `{"x":1}`), "while it is in progress, 404")
	wantError(t, against(t, s, opts, 500, `{}`), "status 500, want 200")
}

func TestWhatWasNotCapturedCantBeSent(t *testing.T) {
	s := scenario(truth.Step{Method: "GET", Path: "/secrets/{a}/{a.v1}", Expect: truth.Expect{Status: 200}})
	wantError(t, against(t, s, truth.Options{}, 200, ""), "not been captured")
}
