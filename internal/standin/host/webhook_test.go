package host_test

import (
	"slices"
	"strings"
	"testing"

	"rotunda/internal/standin/host"
)

const (
	hook         = "/runtime/webhooks/EventGrid?functionName=OnEvent"
	notification = "aeg-event-type: Notification"
)

var onEvent = files{
	"OnEvent/function.json":   function(`{"type":"eventGridTrigger","name":"event"}`),
	"OnMessage/function.json": function(queueTrigger("orders")),
}

func TestEventsReachTheFunction(t *testing.T) {
	gate, env := newGate(t)
	r := start(t, onEvent, host.Options{}, env)
	gate.next(t)
	one, two := `{"id":"1","data":{"n":1}}`, `{"specversion":"1.0","data":{"n":2}}`
	for body, want := range map[string][]string{
		"[" + one + "," + two + "]": {one + ` {"n":1}`, two + ` {"n":2}`}, two: {two + ` {"n":2}`}, "[]": nil,
	} {
		answered := make(chan answer, 1)
		go func() {
			answered <- r.send(t, "POST", hook, body, notification, "Content-Type: application/cloudevents+json; charset=utf-8")
		}()
		var got []string
		for range want { // all concurrently: none continues before the last is there
			got = append(got, await(t, "an invocation", gate.reached))
		}
		for range want {
			gate.open()
		}
		slices.Sort(got)
		slices.Sort(want)
		equal(t, body, strings.Join(got, "\n"), strings.Join(want, "\n"))
		equal(t, body, await(t, "an answer", answered).status, 202)
	}
}

func TestWebhookAnswers(t *testing.T) {
	r := start(t, onEvent, host.Options{}, "AzureWebJobs.OnOffline.Disabled=1")
	for _, row := range []struct {
		name, path, header, body string
		status                   int
		says                     string
	}{
		{"good", hook, notification, `{"id":"1"}`, 202, ""},
		{"small letters", "/RUNTIME/webhooks/eventgrid/?FUNCTIONNAME=OnEvent", "Aeg-Event-Type: notification", `[{"id":"1"}]`, 202, ""},
		{"one of two fails", hook, notification, `[{"id":"1"},{"id":"bad"}]`, 500, "unsuccessful status"},
		{"no JSON", hook, notification, `{`, 500, "not JSON"},
		{"no events", hook, notification, `7`, 500, "must be a JSON object"},
		{"a handshake", hook, "aeg-event-type: SubscriptionValidation", `[]`, 501, "supports POST with aeg-event-type: Notification"},
		{"no type", hook, "X-A: b", `{"id":"1"}`, 501, "no handshakes"},
		{"no function", "/runtime/webhooks/EventGrid", notification, `{}`, 404, "cannot find function: ''"},
		{"another case", "/runtime/webhooks/EventGrid?functionName=onevent", notification, `{}`, 404, "cannot find function: 'onevent'"},
		{"another trigger", "/runtime/webhooks/EventGrid?functionName=OnMessage", notification, `{}`, 404, "OnMessage"},
		{"another hook", "/runtime/webhooks/Other", notification, `{}`, 404, ""},
	} {
		got := r.send(t, "POST", row.path, row.body, row.header)
		equal(t, row.name, got.status, row.status)
		if !strings.Contains(got.body, row.says) {
			t.Errorf("%s: the answer is %q", row.name, got.body)
		}
	}
}

func TestWebhookKeys(t *testing.T) {
	keys := &host.Keys{
		Master: "m-key", Host: map[string]string{"default": "h-key"},
		System: map[string]string{"eventgrid_extension": "e-key", "other": "s-key"},
	}
	r := start(t, onEvent, host.Options{Keys: keys})
	for key, want := range map[string]int{"e-key": 202, "m-key": 202, "s-key": 401, "h-key": 401, "": 401} {
		got := r.send(t, "POST", hook+"&code="+key, `{"id":"1"}`, notification)
		equal(t, "with "+key, got.status, want)
	}
}
