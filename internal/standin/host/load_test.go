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
		{"syntax", "{\n\"version\": \"2.0\" // a comment\n2}", "not JSON: invalid character '2' after object key:value pair at line 3"},
		{"empty", "", "not JSON"},
		{"wrong type", "{\"version\":\"2.0\",\n\"functionTimeout\": 5}", `"functionTimeout" at line 2 is a JSON number and must be a string`},
		{"no version", `{"customHandler":{"description":{"defaultExecutablePath":"x"}}}`, `"version" must be "2.0"`},
		{"old version", `{"version":"1.0"}`, `"version" must be "2.0"`},
		{"no handler", `{"version":"2.0"}`, "customHandler.description is missing"},
		{"no description", `{"version":"2.0","customHandler":{}}`, "customHandler.description is missing"},
		{"no executable", `{"version":"2.0","customHandler":{"enableForwardingHttpRequest":true,"description":{}}}`, "defaultExecutablePath is empty"},
		{"bad timeout", `{"version":"2.0","functionTimeout":"5m","customHandler":{"enableForwardingHttpRequest":true,"description":{"defaultExecutablePath":"x"}}}`, `functionTimeout: "5m" is not a time span`},
		{"no time to start", `{"version":"2.0","customHandler":{"enableForwardingHttpRequest":true,"initializationTimeout":"00:00:00","description":{"defaultExecutablePath":"x"}}}`, "initializationTimeout must be longer"},
		{"no forwarding", `{"version":"2.0","customHandler":{"description":{"defaultExecutablePath":"x"}}}`, "customHandler.enableForwardingHttpRequest false is not supported"},
		{"unsupported", `{"version":"2.0","customHandler":{"port":7000,"description":{"defaultExecutablePath":"x"}}}`, `a key is not supported by the Functions host stand-in: json: unknown field "port"`},
	} {
		t.Run(row.name, func(t *testing.T) {
			root := stage(t, files{"host.json": row.content})
			_, err := host.Load(root)
			if err == nil || !strings.Contains(err.Error(), row.want) {
				t.Fatalf("got %v, want it to contain %q", err, row.want)
			}
			if !strings.HasPrefix(err.Error(), filepath.Join(root, "host.json")) || strings.Contains(err.Error(), "\n") {
				t.Errorf("the error does not name the file in one line: %v", err)
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
		"host.json": "\xef\xbb\xbf// from a template\n" + `{"Version":"2.0" /* of the schema */,"functionTimeout":"1.02:03:04.5",
		"logging":{"logLevel":{}},"extensionBundle":{"id":"x"},
		"extensions":{"http":{"routePrefix":"/v1/"}},
		"customHandler":{"initializationTimeout":"00:01:00","enableForwardingHttpRequest":true,
			"description":{"defaultExecutablePath":"x"}},}`,
		"f/function.json": "\xef\xbb\xbf" + strings.Replace(timerFunction, "{", "{ // each minute\n", 1),
	}))
	check(t, err)
	equal(t, "functions", len(app.Functions), 1)
	c := app.Config
	equal(t, "function timeout", c.FunctionTimeout, 26*time.Hour+3*time.Minute+4500*time.Millisecond)
	equal(t, "initialization timeout", c.InitializationTimeout, time.Minute)
	equal(t, "prefix", c.RoutePrefix, "v1")
	equal(t, "proxying", c.Proxying, false)
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
			t.Errorf("%q is accepted as %v", text, got)
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
	_, found := app.Function("Z")
	equal(t, "found by name", found, true)
}

func TestWrongFunctions(t *testing.T) {
	http := func(trigger string) string {
		return `{"bindings":[{"type":"httpTrigger","name":"req"` + trigger + `},` + httpOut + `]}`
	}
	for _, row := range []struct{ folder, content, want string }{
		{"1st", timerFunction, "its name must be a letter"},
		{"host", timerFunction, "its name must be a letter"},
		{strings.Repeat("n", 129), timerFunction, "at most 128"},
		{"f", `{`, "function.json: not JSON"},
		{"f", `{}`, "it has no bindings"},
		{"f", `{"bindings":[` + httpOut + `]}`, "none of its bindings is a trigger"},
		{"f", `{"bindings":[{"type":"timerTrigger","name":"a"},{"type":"queueTrigger","name":"b"}]}`, "both triggers"},
		{"f", `{"bindings":[{"type":"timerTrigger","name":"x_y"}]}`, `binding name "x_y"`},
		{"f", `{"bindings":[{"type":"timerTrigger","name":"$return"}]}`, "only an output may be named $return"},
		{"f", `{"bindings":[{"type":"timerTrigger","name":"a","direction":"out"}]}`, "direction must be in"},
		{"f", `{"bindings":[{"type":"timerTrigger","name":"a"},{"type":"queue","name":"A","direction":"out"}]}`, "differ in more than case"},
		{"f", `{"bindings":[{"name":"a"}]}`, "has no type"},
		{"f", `{"bindings":[{"type":"queue","name":"a","direction":"inout"}]}`, "it must be in or out"},
		{"f", http(`,"route":"administrators"`), `begins with "admin"`},
		{"f", http(`,"route":"/Runtime/x"`), `begins with "runtime"`},
		{"f", http(`,"route":"a//b"`), "empty segment"},
		{"f", http(`,"route":"{*a}/b"`), "nothing may follow"},
		{"f", http(`,"route":"{a}/{A}"`), "occurs twice"},
		{"f", http(`,"methods":"get"`), "methods"},
	} {
		wantLoadError(t, row.folder, row.content, row.want)
	}
}

// wantLoadError loads an app with one good function and one wrong one.
func wantLoadError(t *testing.T, folder, content, want string) {
	t.Helper()
	_, err := host.Load(stage(t, files{folder + "/function.json": content, "good/function.json": timerFunction}))
	if err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), `function "`+folder+`": `) {
		t.Errorf("%s %s: got %v, want it to name the function and contain %q", folder, content, err, want)
	}
}

// What the real host accepts and the stand-in does not imitate is an error that names the
// function, what is wrong, and what is supported.
func TestUnsupportedFunctions(t *testing.T) {
	http := func(trigger, more string) string {
		return `{"bindings":[{"type":"httpTrigger","name":"req"` + trigger + `},` + httpOut + more + `]}`
	}
	const queueOut = `,{"type":"queue","name":"q","direction":"out","queueName":"aside"}`
	for content, want := range map[string]string{
		http(`,"route":"items/{id:int}"`, ""):                                        `route "items/{id:int}": segment "{id:int}" is not supported by the Functions host stand-in, which supports text, {x}, {x?}, {x:length(n)}, {x:length(n)?} and {*x}`,
		http(`,"route":"{a}-{b}"`, ""):                                               `segment "{a}-{b}" is not supported`,
		http(`,"route":"{a=b}"`, ""):                                                 `segment "{a=b}" is not supported`,
		http(`,"route":"{a:length(2,3)}"`, ""):                                       `segment "{a:length(2,3)}" is not supported`,
		http(`,"route":"{a:length(x)}"`, ""):                                         `segment "{a:length(x)}" is not supported`,
		http(`,"route":"{*a?}"`, ""):                                                 `segment "{*a?}" is not supported`,
		http(`,"authLevel":"system"`, ""):                                            `authLevel "system" is not supported by the Functions host stand-in, which supports anonymous, function and admin`,
		http(``, queueOut):                                                           "this set of bindings is not supported",
		function(`{"type":"httpTrigger","name":"req"}`):                              "this set of bindings is not supported",
		function(`{"type":"timerTrigger","name":"t"}`, httpOut):                      "an http output of a function without an HTTP trigger is not supported",
		function(`{"type":"blobTrigger","name":"b"}`):                                `binding "b" of type "blobTrigger" with direction "in" is not supported`,
		function(queueIn, `{"type":"table","name":"in"}`):                            `binding "in" of type "table"`,
		function(queueIn, `{"type":"queue","name":"$return","direction":"out"}`):     `binding "$return" of type "queue"`,
		function(`{"type":"queueTrigger","name":"msg","dataType":"binary"}`):         `a key is not supported by the Functions host stand-in: json: unknown field "dataType"`,
		`{"scriptFile":"main.js","bindings":[]}`:                                     `unknown field "scriptFile"`,
		`{"retry":{"strategy":"fixedDelay"},"bindings":[` + queueTrigger("q") + `]}`: `unknown field "retry"`,
	} {
		wantLoadError(t, "f", content, want)
	}
}

func TestClashingRoutes(t *testing.T) {
	trigger := func(route, methods string) string {
		return `{"bindings":[{"type":"httpTrigger","name":"req","route":"` + route + `","methods":[` + methods + `]},` + httpOut + `]}`
	}
	_, err := host.Load(stage(t, files{"a/function.json": trigger("items", `"get"`), "c/function.json": trigger("items", `"post"`)}))
	check(t, err)
	_, err = host.Load(stage(t, files{"a/function.json": trigger("items", `"get"`), "b/function.json": trigger("/ITEMS/", `"GET","put"`)}))
	if err == nil || !strings.Contains(err.Error(), `function "b": function "a" has the same route`) {
		t.Errorf("got %v", err)
	}
}
