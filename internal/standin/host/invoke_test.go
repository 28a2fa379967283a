package host_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"rotunda/internal/standin/host"
)

const (
	queueIn = `{"type":"queueTrigger","name":"msg","queueName":"orders"}`
	httpIn  = `{"type":"httpTrigger","name":"req","authLevel":"function","route":"orders/{id?}"}`
)

func function(bindings ...string) string { return `{"bindings":[` + strings.Join(bindings, ",") + `]}` }

// invocation is the body that the handler got.
type invocation struct {
	Data, Metadata map[string]json.RawMessage
}

// recorded invokes OnRecord, which logs what it got.
func recorded(t *testing.T, r *running, trigger host.Trigger) (got invocation, header http.Header) {
	t.Helper()
	result, err := r.Invoke(t.Context(), "onrecord", trigger)
	check(t, err)
	check(t, json.Unmarshal([]byte(result.Logs[0]), &got))
	check(t, json.Unmarshal([]byte(result.Logs[1]), &header))
	return got, header
}

func TestQueueInvocation(t *testing.T) {
	r := start(t, files{"OnRecord/function.json": function(queueIn)}, host.Options{})
	got, header := recorded(t, r, host.QueueMessage(`{"orderId":7,"paid":true,"lines":[1],"to":{"x":"<&>"},"ATrigger":1}`, 2))
	equal(t, "message", string(got.Data["msg"]), `"\"{\\\"orderId\\\":7,\\\"paid\\\":true,\\\"lines\\\":[1],\\\"to\\\":{\\\"x\\\":\\\"<&>\\\"},\\\"ATrigger\\\":1}\""`)
	for name, want := range map[string]string{
		"DequeueCount": `"2"`, "orderId": `"\"7\""`, "paid": `"\"True\""`, "lines": "", "to": `{"x":"<&>"}`, "ATrigger": "",
	} {
		equal(t, name, string(got.Metadata[name]), want)
	}
	if id := string(got.Metadata["Id"]); !strings.HasPrefix(id, `"\"`) || !strings.HasSuffix(id, `\""`) {
		t.Errorf("Id is not encoded twice: %s", id)
	}
	var inserted time.Time
	check(t, json.Unmarshal(got.Metadata["InsertionTime"], &inserted))
	equal(t, "fraction of the insertion time", inserted.Nanosecond(), 0)
	var sys struct{ MethodName, UtcNow, RandGuid string }
	check(t, json.Unmarshal(got.Metadata["sys"], &sys))
	equal(t, "method name", sys.MethodName, "OnRecord")
	equal(t, "content type", header.Get("Content-Type"), "application/json; charset=utf-8")
	equal(t, "version", header.Get("X-Azure-Functions-HostVersion"), host.Version)
	equal(t, "user agent", header.Get("User-Agent"), "Azure-Functions-Host/"+host.Version)
	equal(t, "length of the invocation id", len(header.Get("X-Azure-Functions-InvocationId")), 36)
	if !strings.Contains(r.log.String(), "invocation="+header.Get("X-Azure-Functions-InvocationId")) {
		t.Error("the function's log lines do not carry the invocation's id")
	}
}

func TestValueEncoding(t *testing.T) {
	r := start(t, files{"OnRecord/function.json": function(queueIn)}, host.Options{})
	for _, row := range []struct {
		value any
		want  string
	}{
		{"hello", `"\"hello\""`},
		{1, `"1"`},
		{true, `"true"`},
		{[]int{1, 2}, `"[1,2]"`},
		{[]byte("raw"), `"cmF3"`},
		{map[string]int{"a": 1}, `{"a":1}`},
		{time.Date(2026, 1, 2, 3, 4, 5, 678, time.UTC), `"2026-01-02T03:04:05+00:00"`},
	} {
		got, _ := recorded(t, r, host.Trigger{Data: row.value, Inputs: map[string]any{"extra": 2}})
		equal(t, row.want, string(got.Data["msg"]), row.want)
		equal(t, "further input", string(got.Data["extra"]), `"2"`)
	}
}

func TestEventAndTimer(t *testing.T) {
	r := start(t, files{"OnRecord/function.json": function(`{"type":"eventGridTrigger","name":"event"}`)}, host.Options{})
	event := `{"id":"e1","eventType":"X","data":{"k":12345678901234567890}}`
	got, _ := recorded(t, r, host.Event(json.RawMessage(event)))
	equal(t, "event", string(got.Data["event"]), event)
	equal(t, "its data", string(got.Metadata["data"]), `{"k":12345678901234567890}`)
	_, err := r.Invoke(t.Context(), "OnRecord", host.Event(json.RawMessage(`{`)))
	if err == nil || !strings.Contains(err.Error(), `"event" can't be written as JSON`) {
		t.Errorf("a broken event: %v", err)
	}
	r = start(t, files{"OnRecord/function.json": timerFunction}, host.Options{})
	got, _ = recorded(t, r, host.Timer(true))
	equal(t, "tick", string(got.Data["timer"]), `{"Schedule":{"AdjustForDST":true},"ScheduleStatus":null,"IsPastDue":true}`)
}

func TestWrongAnswers(t *testing.T) {
	wrong := map[string]error{
		"OnEmpty": host.ErrEmptyInvocationResponse, "OnNoContent": host.ErrEmptyInvocationResponse, "OnNull": host.ErrEmptyInvocationResponse,
		"OnText": host.ErrUnsupportedMediaType, "OnArray": host.ErrMalformedInvocationResponse, "OnFailure": host.ErrUnsuccessfulStatus,
		"OnMoved": host.ErrUnsuccessfulStatus, "OnNothing": nil,
	}
	app := files{}
	for name := range wrong {
		app[name+"/function.json"] = function(queueIn)
	}
	r := start(t, app, host.Options{})
	for name, want := range wrong {
		_, err := r.Invoke(t.Context(), name, host.QueueMessage("x", 1))
		if !errors.Is(err, want) {
			t.Errorf("%s: got %v, want %v", name, err, want)
		}
	}
	if _, err := r.Invoke(t.Context(), "nobody", host.Timer(false)); !errors.Is(err, host.ErrUnknownFunction) {
		t.Errorf("unknown function: %v", err)
	}
}

// Without forwarding the host follows redirects, and the POST becomes a GET.
func TestRedirectedInvocation(t *testing.T) {
	r := start(t, files{"OnMoved/function.json": function(queueIn)}, host.Options{}, "AzureFunctionsJobHost__customHandler__enableForwardingHttpRequest=false")
	_, err := r.Invoke(t.Context(), "OnMoved", host.QueueMessage("x", 1))
	if !errors.Is(err, host.ErrUnsupportedMediaType) { // of the page that it was sent to
		t.Errorf("got %v", err)
	}
}

func TestOutputs(t *testing.T) {
	out := func(name, rest string) string {
		return `{"type":"queue","direction":"out","name":"` + name + `"` + rest + `}`
	}
	r := start(t, files{"OnOutputs/function.json": function(queueIn,
		out("many", `,"queueName":"%OUT%"`), out("sniffed", `,"queueName":"bytes"`), out("binary", `,"queueName":"bytes","dataType":"binary"`),
		out("silent", `,"queueName":"silent"`), out("$return", `,"queueName":"returned"`))}, host.Options{}, "OUT=Many")
	result, err := r.Invoke(t.Context(), "OnOutputs", host.QueueMessage("x", 1))
	check(t, err)
	equal(t, "messages, one per element", fmt.Sprintf("%s", r.Queued("many")), `[{"n":1} two 3]`)
	if got := r.Queued("bytes"); len(got) != 2 || string(got[0]) != "i\xb7\x1d\xd7m\xf8" || string(got[1]) != "abcd1234" {
		t.Errorf("sniffed and binary: %q", got)
	}
	equal(t, "queue without a message", len(r.Queued("silent")), 0)
	equal(t, "return value", result.ReturnValue, any("not base64!"))
	equal(t, "returned message", fmt.Sprintf("%s", r.Queued("returned")), "[not base64!]")
	if _, ok := result.Outputs["unknown"]; ok {
		t.Error("an output without a binding came through")
	}
}

func TestHTTPInvocation(t *testing.T) {
	r := start(t, files{"OnHTTP/function.json": function(httpIn, httpOut, queueOutBinding)}, host.Options{})
	for _, row := range []struct {
		name, answer, body, kind string
		status                   int
	}{
		{"object", `{"Outputs":{"res":{"statusCode":"201","body":{"n":12345678901234567},"headers":{"x-h":"v"}}}}`, `{"n":12345678901234567}`, "application/json; charset=utf-8", 201},
		{"number and text", `{"outputs":{"res":{"STATUSCODE":404,"Body":"none"}}}`, "none", "text/plain; charset=utf-8", 404},
		{"own type", `{"Outputs":{"res":{"statusCode":200,"body":"<a>","headers":{"content-type":"text/html"}}}}`, "<a>", "text/html", 200},
		{"status alone", `{"Outputs":{"res":{"status":404}}}`, "", "", 200},
		{"no such output", `{"Outputs":{"other":1}}`, "{}", "application/json; charset=utf-8", 200},
		{"no outputs", `{"Logs":["x"]}`, "", "", 204},
		{"no object", `{"Outputs":{"res":"text"}}`, "", "", 500},
		{"nothing", `null`, "", "", 500},
	} {
		got := r.send(t, "POST", "/api/orders", row.answer)
		equal(t, row.name, got.status, row.status)
		equal(t, row.name, got.body, row.body)
		equal(t, row.name, got.header.Get("Content-Type"), row.kind)
	}
}

const queueOutBinding = `{"type":"queue","direction":"out","name":"q","queueName":"aside"}`

func TestReturnedHTTPAnswer(t *testing.T) {
	r := start(t, files{"OnHTTP/function.json": function(httpIn, `{"type":"http","direction":"out","name":"$return"}`)}, host.Options{},
		"AzureFunctionsJobHost__customHandler__enableForwardingHttpRequest=false", "AzureFunctionsJobHost__customHandler__enableProxyingHttpRequest=false")
	for sent, want := range map[string]answer{
		`{"ReturnValue":{"statusCode":202,"body":"ok"}}`: {status: 202, body: "ok"},
		`{"ReturnValue":{"n":1}}`:                        {status: 200, body: `{"n":1}`},
		`{"ReturnValue":"plain text"}`:                   {status: 200, body: "plain text"},
		`{}`:                                             {status: 204},
	} {
		got := r.send(t, "POST", "/api/orders", sent)
		equal(t, sent, got.status, want.status)
		equal(t, sent, got.body, want.body)
	}
}

func TestHTTPInvocationPayload(t *testing.T) {
	r := start(t, files{"OnRecord/function.json": function(httpIn, httpOut, queueOutBinding)}, host.Options{
		Keys: &host.Keys{Host: map[string]string{"ci": "h-key"}},
	})
	answered := r.send(t, "PUT", "/api/orders/7?x=1&x=2&code=no", `{"a":1,"Query":"forged","id":"body's"}`, "x-functions-key: h-key", "X-Two: a", "X-Two: b")
	equal(t, "status", answered.status, 204)
	got := loggedInvocation(t, r)
	var request struct {
		URL, Method, Body string
		Query, Params     map[string]string
		Headers           http.Header
		Identities        []struct {
			AuthenticationType string
			Claims             []struct{ Type, Value string }
		}
	}
	check(t, json.Unmarshal(got.Data["req"], &request))
	equal(t, "url", request.URL, r.url+"/api/orders/7?x=1&x=2&code=no")
	equal(t, "method", request.Method, "PUT")
	equal(t, "body", request.Body, `{"a":1,"Query":"forged","id":"body's"}`)
	equal(t, "query", request.Query["x"], "1,2")
	equal(t, "parameter", request.Params["id"], "7")
	equal(t, "headers", fmt.Sprint(request.Headers["X-Two"]), "[a b]")
	equal(t, "host", request.Headers.Get("Host"), strings.TrimPrefix(r.url, "http://"))
	equal(t, "identity", fmt.Sprint(request.Identities), "[{WebJobsAuthLevel [{"+
		"http://schemas.microsoft.com/2017/07/functions/claims/authlevel Function} {"+
		"http://schemas.microsoft.com/2017/07/functions/claims/keyid ci} {"+
		"http://schemas.microsoft.com/2017/07/functions/claims/invoke OnRecord}]}]")
	for name, want := range map[string]string{"Query": `"\"forged\""`, "a": `"\"1\""`, "x": `"\"1,2\""`, "id": `"\"7\""`, "code": ""} {
		equal(t, "metadata "+name, string(got.Metadata[name]), want)
	}
}

func TestHTTPInvocationBodies(t *testing.T) {
	r := start(t, files{"OnRecord/function.json": function(httpIn, httpOut, queueOutBinding)}, host.Options{})
	for kind, want := range map[string]string{"application/octet-stream": "cmF3", "text/plain": "raw"} {
		r.send(t, "PUT", "/api/orders", "raw", "Content-Type: "+kind)
		var request struct{ Body string }
		check(t, json.Unmarshal(loggedInvocation(t, r).Data["req"], &request))
		equal(t, kind, request.Body, want)
	}
}

// loggedInvocation finds in the host's log the last payload that OnRecord logged.
func loggedInvocation(t *testing.T, r *running) (got invocation) {
	t.Helper()
	for line := range strings.Lines(r.log.String()) {
		_, rest, ok := strings.Cut(line, `msg="{\"Data\"`)
		if !ok {
			continue
		}
		rest, _, _ = strings.Cut(rest, `" function=`)
		var text string
		check(t, json.Unmarshal([]byte(`"{\"Data\"`+rest+`"`), &text))
		check(t, json.Unmarshal([]byte(text), &got))
	}
	if got.Data == nil {
		t.Fatal("the handler logged no payload")
	}
	return got
}
