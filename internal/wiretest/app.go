package wiretest

import (
	"context"
	"encoding/json"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"rotunda/internal/standin"
	"rotunda/internal/standin/graph"
	"rotunda/internal/standin/host"
)

// Canary is the prefix of every value that tests send. It must not appear in what the handler
// writes, nor in an error response.
const Canary = "canary-"

// Vault is the name of the app's vault.
const Vault = "contoso"

// Options are the options of Start.
type Options struct {
	Env           []string // additional app settings
	Keys          *host.Keys
	Mode          host.Mode
	RetentionDays int
	VaultLatency  time.Duration
	DisableHTTP2  bool                 // in the vault
	Azure         *standin.Azure       // to share with another app; nil starts one
	Before        func(*standin.Azure) // called before the handler starts
	Events        bool                 // deliver the vault's events to onvaultmessage's queue
	Tokens        bool                 // callers sign in by token, and examples/access.json says what they may do
	Unchecked     bool                 // do not compare each exchange with docs/openapi.json, which costs time
}

// App is a running app.
type App struct {
	URL    string // base URL of the API, such as http://127.0.0.1:4711/api
	Azure  *standin.Azure
	Host   *host.Host
	Queues *host.Queues
	Log    *Log
	Last   string // the last response, for scripts

	// With Options.Tokens: where clients find the app, by TLS through the proxy, the callers, and
	// the folder of the audit.
	TokensURL   string
	Callers     map[string]standin.Caller
	AuditFolder string
}

// Start runs the app until the test ends. Then it checks that the handler wrote no canary, and
// nothing to stderr, where a data race would be reported.
func Start(t testing.TB, options Options) *App {
	t.Helper()
	azure := options.Azure
	if azure == nil {
		azure = StartAzure(t, options)
	}
	if options.Before != nil {
		options.Before(azure)
	}
	app := &App{Azure: azure, Log: &Log{}, Queues: host.NewQueues()}
	if options.Tokens {
		options.Env = append(app.signIn(t), options.Env...)
	}
	loaded, err := host.Load(AppRoot(t))
	if err != nil {
		t.Fatal(err)
	}
	contract := newContract(t, options)
	app.Host, err = host.Start(t.Context(), loaded, host.Options{
		Wrap:   contract.wrap,
		Env:    append(append(azure.Env(Vault), "ROTATION_LOCK_FOLDER="+t.TempDir(), "AzureWebJobs.sweep.Disabled=true"), options.Env...),
		Keys:   options.Keys,
		Mode:   options.Mode,
		Stdout: app.Log,
		Queues: app.Queues,
	})
	if err != nil {
		t.Fatal(err)
	}
	if options.Events {
		app.deliverEvents(t, loaded)
	}
	if err := app.Host.WaitReady(t.Context()); err != nil {
		t.Fatalf("%v\n%s", err, app.Log)
	}
	if options.Tokens {
		app.publish(t)
	}
	front := httptest.NewServer(app.Host)
	app.URL = front.URL + "/api"
	if options.Tokens {
		app.awaitKeys(t)
	}
	t.Cleanup(func() {
		front.Close()
		_ = app.Host.Close()
		app.Log.check(t)
		contract.report(t)
	})
	return app
}

// deliverEvents puts the vault's events into the queue, as Event Grid does.
func (a *App) deliverEvents(t testing.TB, loaded *host.App) {
	listener, ok := loaded.Function("onvaultmessage")
	if !ok {
		t.Fatal("the app has no function onvaultmessage")
	}
	t.Cleanup(a.Azure.Subscribe(nil, func(_ context.Context, event json.RawMessage) {
		if err := a.Queues.PutEvent(listener.Trigger.QueueName, event); err != nil {
			t.Error(err)
		}
	}))
}

// StartAzure runs the stand-ins until the test ends.
func StartAzure(t testing.TB, options Options) *standin.Azure {
	t.Helper()
	azure, err := standin.Start(standin.Options{
		Dir: t.TempDir(), RetentionDays: options.RetentionDays, VaultLatency: options.VaultLatency, DisableHTTP2: options.DisableHTTP2,
		Roles: map[string][]string{standin.Audience: {AdminRole}, graph.Resource: {"Application.ReadWrite.OwnedBy"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = azure.Close() })
	return azure
}

func (l *Log) check(t testing.TB) {
	t.Helper()
	for line := range strings.Lines(l.String()) {
		switch {
		case strings.Contains(line, Canary):
			t.Errorf("the handler wrote a value: %s", line)
		case strings.Contains(line, "eyJ"): // how a token begins
			t.Errorf("the handler wrote a token: %s", line)
		case !strings.HasPrefix(line, "stdout: "):
			t.Errorf("the handler wrote to stderr: %s", line)
		}
	}
}
