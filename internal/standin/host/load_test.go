package host_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"rotunda/internal/standin/host"
)

const (
	timerFunction = `{"bindings":[{"type":"timerTrigger","name":"timer","schedule":"0 * * * * *"}]}`
	httpOut       = `{"type":"http","direction":"out","name":"res"}`
)

func TestBrokenHostJSON(t *testing.T) {
	for _, row := range []struct{ name, content, want string }{
		{"syntax", "{\n\"version\": \"2.0\",\n}", "it is not JSON: invalid character '}' looking for beginning of object key string at line 3"},
		{"empty", "", "it is not JSON"},
		{"wrong type", "{\"version\":\"2.0\",\n\"functionTimeout\": 5}", `"functionTimeout" at line 2 is a JSON number, and should be a string`},
		{"no version", `{"customHandler":{"description":{"defaultExecutablePath":"x"}}}`, `"version" must be "2.0"`},
		{"old version", `{"version":"1.0"}`, `"version" must be "2.0"`},
		{"no handler", `{"version":"2.0"}`, "customHandler.description is missing"},
		{"no description", `{"version":"2.0","customHandler":{}}`, "customHandler.description is missing"},
		{"no executable", `{"version":"2.0","customHandler":{"description":{}}}`, "defaultExecutablePath is empty"},
		{"bad timeout", `{"version":"2.0","functionTimeout":"5m","customHandler":{"description":{"defaultExecutablePath":"x"}}}`, `functionTimeout: "5m" is no time span`},
		{"no time to start", `{"version":"2.0","customHandler":{"initializationTimeout":"00:00:00","description":{"defaultExecutablePath":"x"}}}`, "initializationTimeout must be longer"},
		{"bad port", `{"version":"2.0","customHandler":{"port":70000,"description":{"defaultExecutablePath":"x"}}}`, "customHandler.port is 70000"},
	} {
		t.Run(row.name, func(t *testing.T) {
			root := stage(t, files{"host.json": row.content})
			_, err := host.Load(root)
			if err == nil || !strings.Contains(err.Error(), row.want) {
				t.Fatalf("got %v, want it to say %q", err, row.want)
			}
			if !strings.HasPrefix(err.Error(), filepath.Join(root, "host.json")) || strings.Contains(err.Error(), "\n") {
				t.Errorf("it does not name the file in one line: %v", err)
			}
		})
	}
}

func TestNoHostJSON(t *testing.T) {
	_, err := host.Load(t.TempDir())
	if err == nil || !strings.Contains(err.Error(), "there is no ") {
		t.Fatalf("got %v", err)
	}
}

func TestHostJSON(t *testing.T) {
	app, err := host.Load(stage(t, files{
		"host.json": "\xef\xbb\xbf" + `{"Version":"2.0","functionTimeout":"1.02:03:04.5","functions":["two"],
		"extensions":{"http":{"routePrefix":"/v1/"}},
		"customHandler":{"initializationTimeout":"00:01:00","enableForwardingHttpRequest":true,
			"description":{"defaultExecutablePath":"x","arguments":["a"],"workerArguments":["b"]}}}`,
		"one/function.json": timerFunction, "Two/function.json": timerFunction,
	}))
	check(t, err)
	c := app.Config
	equal(t, "function timeout", c.FunctionTimeout, 26*time.Hour+3*time.Minute+4500*time.Millisecond)
	equal(t, "initialization timeout", c.InitializationTimeout, time.Minute)
	equal(t, "prefix", c.RoutePrefix, "v1")
	equal(t, "forwarding", c.Forwarding, true)
	equal(t, "proxying", c.Proxying, false)
	equal(t, "allowed functions", len(app.Functions), 1)
	app, err = host.Load(stage(t, nil))
	check(t, err)
	equal(t, "default prefix", app.Config.RoutePrefix, "api")
	equal(t, "default function timeout", app.Config.FunctionTimeout, 30*time.Minute)
	equal(t, "default initialization timeout", app.Config.InitializationTimeout, 30*time.Second)
}

func TestTimeSpan(t *testing.T) {
	for text, want := range map[string]time.Duration{"-1": 0, "00:10:00": 10 * time.Minute, "01:02": 62 * time.Minute, "00:00:00.25": 250 * time.Millisecond} {
		got, err := host.ParseTimeSpan(text)
		check(t, err)
		equal(t, text, got, want)
	}
	for _, text := range []string{"", "5", "24:00:00", "00:60:00", "-00:01:00", "1h"} {
		if got, err := host.ParseTimeSpan(text); err == nil {
			t.Errorf("%q is taken for %v", text, got)
		}
	}
}

func TestDiscovery(t *testing.T) {
	root := stage(t, files{
		"b_/function.json": timerFunction, "B1/function.json": timerFunction, "a/function.json": timerFunction,
		"Z/function.json": timerFunction, "nested/deep/function.json": timerFunction, "docs/readme.txt": "",
	})
	check(t, os.WriteFile(filepath.Join(root, "file"), nil, 0o600))
	app, err := host.Load(root)
	check(t, err)
	var names []string
	for _, f := range app.Functions {
		names = append(names, f.Name)
	}
	if want := []string{"a", "B1", "b_", "Z"}; !slices.Equal(names, want) {
		t.Errorf("got %v, want %v", names, want)
	}
	if len(app.Rejected) != 0 {
		t.Errorf("rejected: %v", app.Rejected)
	}
	_, found := app.Function("Z")
	equal(t, "found by name", found, true)
}

func TestRejectedFunctions(t *testing.T) {
	http := func(trigger string) string {
		return `{"bindings":[{"type":"httpTrigger","name":"req"` + trigger + `},` + httpOut + `]}`
	}
	for _, row := range []struct{ folder, content, want string }{
		{"1st", timerFunction, "its name must begin with a letter"},
		{"host", timerFunction, "its name must begin with a letter"},
		{strings.Repeat("n", 129), timerFunction, "at most 128"},
		{"f", `{`, "function.json: it is not JSON"},
		{"f", `{}`, "it has no bindings"},
		{"f", `{"bindings":[` + httpOut + `]}`, "none of its bindings is a trigger"},
		{"f", `{"bindings":[{"type":"timerTrigger","name":"a"},{"type":"queueTrigger","name":"b"}]}`, "both triggers"},
		{"f", `{"bindings":[{"type":"timerTrigger","name":"x_y"}]}`, `binding name "x_y"`},
		{"f", `{"bindings":[{"type":"timerTrigger","name":"$return"}]}`, "only an output may be $return"},
		{"f", `{"bindings":[{"type":"timerTrigger","name":"a","direction":"out"}]}`, "direction must be in"},
		{"f", `{"bindings":[{"type":"timerTrigger","name":"a"},{"type":"queue","name":"A","direction":"out"}]}`, "differ in more than case"},
		{"f", `{"bindings":[{"name":"a"}]}`, "has no type"},
		{"f", `{"bindings":[{"type":"queue","name":"a","direction":"inout"}]}`, "in and out are possible"},
		{"f", `{"scriptFile":"main.js","bindings":[]}`, `scriptFile "main.js" is not there`},
		{"f", http(`,"authLevel":"secret"`), `authLevel "secret" is unknown`},
		{"f", http(`,"route":"administrators"`), `begins with "admin"`},
		{"f", http(`,"route":"/Runtime/x"`), `begins with "runtime"`},
		{"f", http(`,"route":"a//b"`), "empty segment"},
		{"f", http(`,"route":"{a}-{b}"`), "either text or one {parameter}"},
		{"f", http(`,"route":"{a:word}"`), `constraint "word" is unknown`},
		{"f", http(`,"route":"{a:length(x)}"`), "wrong numbers"},
		{"f", http(`,"route":"{a:regex([)}"`), "constraint regex"},
		{"f", http(`,"route":"{*a}/b"`), "nothing may follow"},
		{"f", http(`,"route":"{a}/{A}"`), "there twice"},
		{"f", http(`,"methods":"get"`), "methods"},
	} {
		app, err := host.Load(stage(t, files{row.folder + "/function.json": row.content, "good/function.json": timerFunction}))
		check(t, err)
		if len(app.Rejected) != 1 || !strings.Contains(app.Rejected[0].Error(), row.want) {
			t.Errorf("%s %s: rejected %v, want %q", row.folder, row.content, app.Rejected, row.want)
		}
		equal(t, "functions left", len(app.Functions), 1)
	}
}

func TestClashingRoutes(t *testing.T) {
	trigger := func(route, methods string) string {
		return `{"bindings":[{"type":"httpTrigger","name":"req","route":"` + route + `","methods":[` + methods + `]},` + httpOut + `]}`
	}
	app, err := host.Load(stage(t, files{
		"a/function.json": trigger("items", `"get"`), "b/function.json": trigger("/ITEMS/", `"GET","put"`), "c/function.json": trigger("items", `"post"`),
	}))
	check(t, err)
	if len(app.Rejected) != 1 || app.Rejected[0].Name != "b" || !strings.Contains(app.Rejected[0].Error(), "same route") {
		t.Errorf("rejected: %v", app.Rejected)
	}
}
