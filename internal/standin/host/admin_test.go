package host_test

import (
	"strings"
	"testing"

	"rotunda/internal/standin/host"
)

func TestFunctionsRunOnDemand(t *testing.T) {
	gate, env := newGate(t)
	r := start(t, files{
		"OnEvent/function.json":   function(`{"type":"eventGridTrigger","name":"event"}`),
		"OnMessage/function.json": function(queueTrigger("orders")),
		"OnTick/function.json":    function(`{"type":"timerTrigger","name":"timer","schedule":"0 0 0 * * *"}`),
	}, host.Options{}, env, "AzureWebJobs.OnTick.Disabled=true") // so that it runs on demand only
	gate.next(t)
	for _, row := range []struct{ name, body, want string }{
		{"onmessage", `{"input":"hello"}`, "hello 1 "},
		{"OnMessage", `{"Input":""}`, " 1 "},
		{"OnTick", `{}`, "tick"},
		{"OnEvent", `{"input":"{\"data\":{\"n\":1}}"}`, `{"data":{"n":1}} {"n":1}`},
	} {
		equal(t, row.name, r.send(t, "POST", "/admin/functions/"+row.name, row.body).status, 202) // before it has run
		if place := gate.next(t); !strings.HasPrefix(place, row.want) {
			t.Errorf("%s: the handler is at %q, want %q", row.name, place, row.want)
		}
	}
	r.send(t, "POST", "/admin/functions/OnMessage", `{"input":"bad"}`)
	gate.next(t)
	r.log.await(t, "function run on demand failed")
}

func TestFunctionsThatCantBeRunOnDemand(t *testing.T) {
	r := start(t, files{"OnHTTP/function.json": function(httpIn, httpOut), "OnNothing/function.json": function(queueTrigger("orders"))},
		host.Options{Keys: &host.Keys{Master: "m-key", Host: map[string]string{"default": "h-key"}}})
	const path = "/admin/functions/OnNothing"
	for _, row := range []struct {
		method, path, body, key string
		want                    int
	}{
		{"POST", path, `{"input":"x"}`, "m-key", 202},
		{"POST", path, `{"input":"x"}`, "h-key", 401},
		{"POST", path, `{"input":"x"}`, "", 401},
		{"POST", "/admin/functions/nobody", `{"input":"x"}`, "m-key", 404},
		{"POST", "/admin/functions/", `{"input":"x"}`, "m-key", 404},
		{"POST", path + "/keys", `{"input":"x"}`, "m-key", 404},
		{"GET", path, ``, "m-key", 404},
		{"POST", path, ``, "m-key", 400},
		{"POST", path, `null`, "m-key", 400},
		{"POST", path, `[]`, "m-key", 400},
		{"POST", path, `{"input":{}}`, "m-key", 400},
		{"POST", "/admin/functions/OnHTTP", `{"input":"x"}`, "m-key", 400},
	} {
		got := r.send(t, row.method, row.path, row.body, "x-functions-key: "+row.key)
		equal(t, row.method+" "+row.path+" "+row.body+" "+row.key, got.status, row.want)
	}
}
