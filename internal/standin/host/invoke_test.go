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

// invocation is the body that the handler received.
type invocation struct {
	Data, Metadata map[string]json.RawMessage
}

// recorded invokes OnRecord, which logs what it received.
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
		{map[string]int{"a": 1}, `{"a":1}`},
		{time.Date(2026, 1, 2, 3, 4, 5, 678, time.UTC), `"2026-01-02T03:04:05+00:00"`},
	} {
		got, _ := recorded(t, r, host.Trigger{Data: row.value})
		equal(t, row.want, string(got.Data["msg"]), row.want)
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
	got, _ = recorded(t, r, host.Timer())
	equal(t, "tick", string(got.Data["timer"]), `{"Schedule":{"AdjustForDST":true},"ScheduleStatus":null,"IsPastDue":false}`)
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
	if _, err := r.Invoke(t.Context(), "nobody", host.Timer()); !errors.Is(err, host.ErrUnknownFunction) {
		t.Errorf("unknown function: %v", err)
	}
}

func TestOutputs(t *testing.T) {
	out := func(name, queue string) string {
		return `{"type":"queue","direction":"out","name":"` + name + `","queueName":"` + queue + `"}`
	}
	r := start(t, files{"OnOutputs/function.json": function(queueIn, out("many", "%OUT%"), out("sniffed", "bytes"), out("silent", "silent"))},
		host.Options{}, "OUT=Many")
	_, err := r.Invoke(t.Context(), "OnOutputs", host.QueueMessage("x", 1))
	check(t, err)
	equal(t, "messages, one per element", fmt.Sprintf("%s", r.Queued("many")), `[{"n":1} two 3]`)
	if got := r.Queued("bytes"); len(got) != 1 || string(got[0]) != "i\xb7\x1d\xd7m\xf8" {
		t.Errorf("sniffed: %q", got)
	}
	equal(t, "queue without a message", len(r.Queued("silent")), 0)
}

// loggedInvocation returns the last payload that OnRecord logged, from the host's log.
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
