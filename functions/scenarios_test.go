package functions_test

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"rotunda/internal/standin"
	"rotunda/internal/standin/fault"
	"rotunda/internal/standin/host"
	"rotunda/internal/wiretest"
)

func TestMain(m *testing.M) { wiretest.Main(m) }

type appKey struct{}

// TestScenarios runs testdata/*.txt, each with its own vault, host and handler. The commands of a
// script are HTTP methods, which write the response to stdout, and:
//
//	faults JSON          sets the stand-ins' faults, like PUT control
//	calls NAME N         checks the vault's calls of an operation since the start or the last faults
//	capture VAR REGEXP   sets VAR to the first group of the match in the last answer
func TestScenarios(t *testing.T) {
	commands := map[string]func(*testscript.TestScript, bool, []string){
		"faults": faults, "calls": calls, "capture": capture,
	}
	for _, method := range []string{"GET", "HEAD", "PUT", "PATCH", "POST", "DELETE", "OPTIONS", "BREW"} {
		commands[method] = func(ts *testscript.TestScript, _ bool, args []string) { send(ts, method, args) }
	}
	testscript.Run(t, testscript.Params{
		Dir:  "testdata",
		Cmds: commands,
		Setup: func(env *testscript.Env) error {
			t := env.T().(testing.TB)
			collector := wiretest.StartCollector(t) // which checks that it receives no values
			env.Values[appKey{}] = wiretest.Start(t, wiretest.Options{Env: collector.Env(), Keys: keys(env.WorkDir), Before: before(env.WorkDir)})
			env.Defer(func() { collector.Await(t, func(received wiretest.Received) bool { return len(received.Spans) > 0 }) })
			env.Setenv("LONG", strings.Repeat("x", 600))
			env.Setenv("KB25", strings.Repeat("x", 25*1024))
			env.Setenv("MB1", strings.Repeat("x", 1<<20))
			env.Setenv("BOM", "\ufeff")
			env.Setenv("GZIP", "\x1f\x8b\x08")
			env.Setenv("PFX", pfx)
			return nil
		},
	})
}

// keys turns on keys for the one script about them.
func keys(folder string) *host.Keys {
	if !strings.Contains(folder, "script-keys") {
		return nil
	}
	return &host.Keys{Host: map[string]string{"default": "host-key"}, Functions: map[string]map[string]string{"getsecret": {"reader": "reader-key"}}}
}

// before makes the identity fail for the one script about that. Later, the app would have a token.
func before(folder string) func(*standin.Azure) {
	if !strings.Contains(folder, "script-identity") {
		return nil
	}
	return func(azure *standin.Azure) {
		_ = azure.SetFaults(standin.Faults{Identity: fault.Faults{Status: 500}})
	}
}

func send(ts *testscript.TestScript, method string, args []string) {
	app := ts.Value(appKey{}).(*wiretest.App)
	var headers []string
	for len(args) > 2 && args[0] == "-H" {
		headers, args = append(headers, args[1]), args[2:]
	}
	if len(args) == 0 || len(args) > 2 {
		ts.Fatalf("usage: %s [-H 'name: value']... path [body]", method)
	}
	body := strings.Join(args[1:], "")
	answer, err := app.Try(method, args[0], body, headers...)
	ts.Check(err)
	if answer.Status >= http.StatusBadRequest && strings.Contains(answer.Body, wiretest.Canary) {
		ts.Fatalf("an error quotes a value: %s", answer.Body)
	}
	*last(ts) = answer.String()
	_, err = fmt.Fprint(ts.Stdout(), answer)
	ts.Check(err)
}

// last returns the last answer of a script.
func last(ts *testscript.TestScript) *string {
	app := ts.Value(appKey{}).(*wiretest.App)
	return &app.Last
}

func faults(ts *testscript.TestScript, _ bool, args []string) {
	ts.Check(ts.Value(appKey{}).(*wiretest.App).Faults(strings.Join(args, "")))
}

func calls(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: calls operation number")
	}
	counts := ts.Value(appKey{}).(*wiretest.App).Azure.Vault().Counts()
	if got := fmt.Sprint(counts.Calls[args[0]]); got != args[1] {
		ts.Fatalf("the vault got %s calls of %s, not %s (all: %v)", got, args[0], args[1], counts.Calls)
	}
}

func capture(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: capture variable regexp")
	}
	match := regexp.MustCompile(args[1]).FindStringSubmatch(*last(ts))
	if len(match) != 2 {
		ts.Fatalf("no match of %s in the last answer:\n%s", args[1], *last(ts))
	}
	ts.Setenv(args[0], match[1])
}
