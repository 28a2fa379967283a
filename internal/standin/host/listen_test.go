package host_test

import (
	"bytes"
	"context"
	"fmt"
	"runtime"
	"runtime/pprof"
	"strings"
	"testing"
	"time"

	"rotunda/internal/standin/host"
)

func queueTrigger(queue string) string {
	return `{"type":"queueTrigger","name":"msg","queueName":"` + queue + `"}`
}

var onMessage = files{"OnMessage/function.json": function(queueTrigger("orders"))}

// queuesJSON returns a host.json with this content in extensions.queues.
func queuesJSON(content string) string {
	return strings.Replace(bothWays, `"version":"2.0"`, `"version":"2.0","extensions":{"queues":`+content+`}`, 1)
}

func (r *running) enqueue(t *testing.T, queue string, texts ...string) {
	t.Helper()
	for _, text := range texts {
		check(t, r.Enqueue(queue, []byte(text)))
	}
}

func awaitCount(t *testing.T, queues *host.Queues, queue string, count int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if !queues.Await(ctx, queue, count) {
		t.Fatalf("queue %s holds %q, want %d messages", queue, queues.Texts(queue), count)
	}
}

func TestAMessageIsDeliveredAndThenGone(t *testing.T) {
	queues := host.NewQueues()
	r := start(t, files{"OnRecord/function.json": function(queueTrigger("%QUEUE%"))}, host.Options{Queues: queues}, "QUEUE=Orders")
	r.enqueue(t, "orders", `{"orderId":7}`)
	r.log.await(t, "orderId")
	awaitCount(t, queues, "orders", 0)
	got := loggedInvocation(t, r)
	equal(t, "message", string(got.Data["msg"]), `"\"{\\\"orderId\\\":7}\""`)
	equal(t, "dequeue count", string(got.Metadata["DequeueCount"]), `"1"`)
	equal(t, "its property", string(got.Metadata["orderId"]), `"\"7\""`)
}

func TestAMessageThatFailsBecomesPoison(t *testing.T) {
	gate, env := newGate(t)
	queues := host.NewQueues()
	r := start(t, onMessage, host.Options{Queues: queues}, env)
	equal(t, "start", gate.next(t), "start")
	r.enqueue(t, "orders", "bad")
	for try := range 5 {
		equal(t, "try", gate.next(t), fmt.Sprintf("bad %d 1", try+1))
	}
	awaitCount(t, queues, "orders-poison", 1)
	equal(t, "poison", fmt.Sprintf("%s", r.Poisoned("orders")), "[bad]")
	equal(t, "left", len(r.Queued("orders")), 0)
}

func TestTriesAndPausesAreSettings(t *testing.T) {
	gate, env := newGate(t)
	queues := host.NewQueues()
	app := files{"host.json": queuesJSON(`{"maxDequeueCount":2,"visibilityTimeout":"00:00:00.3"}`)}
	app["OnMessage/function.json"] = onMessage["OnMessage/function.json"]
	r := start(t, app, host.Options{Queues: queues}, env)
	gate.next(t)
	r.enqueue(t, "orders", "bad")
	began := time.Now() // before the try, which ends at any moment after gate.next
	equal(t, "first try", gate.next(t), "bad 1 1")
	equal(t, "second try", gate.next(t), "bad 2 1")
	if pause := time.Since(began); pause < 300*time.Millisecond {
		t.Errorf("the pause was %v", pause)
	}
	awaitCount(t, queues, "orders-poison", 1)
}

func TestMessagesAtOnce(t *testing.T) {
	gate, env := newGate(t)
	queues := host.NewQueues()
	app := files{"host.json": queuesJSON(`{"batchSize":2,"newBatchThreshold":1}`)}
	app["OnMessage/function.json"] = onMessage["OnMessage/function.json"]
	r := start(t, app, host.Options{Queues: queues}, env)
	gate.next(t)
	const messages = 20
	r.enqueue(t, "orders", make([]string, messages)...)
	most := 0
	var waiting int
	for range messages {
		var text string
		var count, working int
		_, _ = fmt.Sscanf("m"+await(t, "a message", gate.reached), "%s %d %d", &text, &count, &working)
		most = max(most, working)
		if waiting++; waiting == 3 { // the maximum, so one must continue
			gate.open()
			waiting--
		}
	}
	gate.open()
	gate.open()
	awaitCount(t, queues, "orders", 0)
	equal(t, "most at the same time", most, 3)
}

func TestHostsThatShareQueuesShareTheWork(t *testing.T) {
	gate, env := newGate(t)
	queues := host.NewQueues()
	first := start(t, onMessage, host.Options{Queues: queues}, env)
	start(t, onMessage, host.Options{Queues: queues}, env)
	const messages = 60
	for n := range messages {
		first.enqueue(t, "orders", fmt.Sprint(n))
	}
	seen := map[string]int{}
	for range messages + 2 { // the two handlers also start
		text, _, _ := strings.Cut(gate.next(t), " ")
		seen[text]++
	}
	awaitCount(t, queues, "orders", 0)
	for n := range messages {
		equal(t, fmt.Sprint("deliveries of message ", n), seen[fmt.Sprint(n)], 1)
	}
}

func TestAHandlerThatDiesGivesItsMessageBack(t *testing.T) {
	gate, env := newGate(t)
	queues := host.NewQueues()
	r := start(t, onMessage, host.Options{Queues: queues}, env)
	gate.next(t)
	r.enqueue(t, "orders", "a")
	gate.await(t, "a 1 1")
	check(t, r.KillHandler())
	equal(t, "after its death", gate.next(t), "start")
	if place := gate.next(t); place != "a 2 1" && place != "a 3 1" { // a try may fall between two handlers
		t.Errorf("the handler is at %q", place)
	}
	awaitCount(t, queues, "orders", 0)
	equal(t, "poison", len(r.Poisoned("orders")), 0)
}

// Until then, the message is invisible: up to ten minutes in Azure.
func TestAHostThatDiesLeavesItsMessageToAnotherWhenItsLeaseEnds(t *testing.T) {
	gate, env := newGate(t)
	queues := host.NewQueues()
	first := start(t, onMessage, host.Options{Queues: queues}, env)
	gate.next(t)
	first.enqueue(t, "orders", "a")
	gate.await(t, "a 1 1")
	check(t, first.Close())
	equal(t, "left in the queue", fmt.Sprintf("%s", first.Queued("orders")), "[a]")
	second := start(t, onMessage, host.Options{Queues: queues}, env)
	equal(t, "another handler", gate.next(t), "start")
	second.enqueue(t, "orders", "b")
	equal(t, "what is visible", gate.next(t), "b 1 1")
	awaitCount(t, queues, "orders", 1)
	queues.Elapse(10 * time.Minute)
	equal(t, "another try", gate.next(t), "a 2 1")
	awaitCount(t, queues, "orders", 0)
}

func TestAMessageThatHostsDieWithIsPoison(t *testing.T) {
	queues := host.NewQueues()
	check(t, queues.Put("orders", "YQ=="))
	for range 5 {
		taken, _ := queues.Take(t.Context(), "orders")
		queues.Release("orders", taken, 0)
	}
	r := start(t, onMessage, host.Options{Queues: queues})
	awaitCount(t, queues, "orders-poison", 1)
	equal(t, "poison", fmt.Sprintf("%s", r.Poisoned("orders")), "[a]")
}

func TestOneFunctionsOutputTriggersAnother(t *testing.T) {
	gate, env := newGate(t)
	queues := host.NewQueues()
	r := start(t, files{
		"OnRelay/function.json": function(queueTrigger("orders"), `{"type":"queue","direction":"out","name":"out","queueName":"relayed"}`),
		"OnOther/function.json": function(queueTrigger("Relayed")),
	}, host.Options{Queues: queues}, env)
	gate.next(t)
	r.enqueue(t, "orders", "hello")
	equal(t, "relayed", gate.next(t), "hello again 1 1")
	awaitCount(t, queues, "orders", 0)
	awaitCount(t, queues, "relayed", 0)
}

func TestATextThatIsNotEncodedIsPoisonAtOnce(t *testing.T) {
	queues := host.NewQueues()
	app := files{"host.json": queuesJSON(`{"visibilityTimeout":"01:00:00"}`)} // before a second try
	app["OnMessage/function.json"] = onMessage["OnMessage/function.json"]
	r := start(t, app, host.Options{Queues: queues})
	check(t, queues.Put("orders", "plain text"))
	awaitCount(t, queues, "orders-poison", 1)
	equal(t, "poison", fmt.Sprintf("%s", r.Poisoned("orders")), "[plain text]")
	if !strings.Contains(r.log.String(), "the message is not base64") {
		t.Error("the log does not say why")
	}
}

func TestADisabledFunctionLeavesItsQueueAlone(t *testing.T) {
	gate, env := newGate(t)
	queues := host.NewQueues()
	r := start(t, files{
		"OnMessage/function.json": function(queueTrigger("orders")), "OnOther/function.json": function(queueTrigger("others")),
	}, host.Options{Queues: queues}, env, "AzureWebJobs.OnMessage.Disabled=true")
	gate.next(t)
	r.enqueue(t, "orders", "a")
	r.enqueue(t, "others", "b")
	equal(t, "delivered", gate.next(t), "b 1 1")
	awaitCount(t, queues, "others", 0)
	equal(t, "left", fmt.Sprintf("%s", r.Queued("orders")), "[a]")
}

func TestQueueSettings(t *testing.T) {
	app, err := host.Load(stage(t, nil))
	check(t, err)
	c := app.Config.Queues
	equal(t, "defaults", fmt.Sprintln(c.BatchSize, c.NewBatchThreshold == nil, c.MaxDequeueCount, c.VisibilityTimeout), "16 true 5 0s\n")
	app, err = host.Load(stage(t, files{"host.json": queuesJSON(
		`{"batchSize":32,"newBatchThreshold":0,"maxDequeueCount":1,"visibilityTimeout":"00:00:30","messageEncoding":"BASE64","maxPollingInterval":"00:00:02"}`)}))
	check(t, err)
	c = app.Config.Queues
	equal(t, "settings", fmt.Sprintln(c.BatchSize, *c.NewBatchThreshold, c.MaxDequeueCount, c.VisibilityTimeout), "32 0 1 30s\n")
	for content, want := range map[string]string{
		`{"batchSize":33}`:            "batchSize is 33",
		`{"newBatchThreshold":-1}`:    "newBatchThreshold",
		`{"maxDequeueCount":0}`:       "maxDequeueCount",
		`{"visibilityTimeout":"30s"}`: "extensions.queues.visibilityTimeout",
		`{"messageEncoding":"none"}`:  `messageEncoding "none" is not supported by the Functions host stand-in, which supports base64`,
	} {
		if _, err := host.Load(stage(t, files{"host.json": queuesJSON(content)})); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want it to contain %q", content, err, want)
		}
	}
}

func TestWrongAppSettings(t *testing.T) {
	timer := `{"type":"timerTrigger","name":"timer","schedule":"%WHEN%"}`
	out := `{"type":"queue","direction":"out","name":"out","queueName":"%OUT%"}`
	for want, content := range map[string]string{
		`function "f": binding "msg": queueName "-x-"`: function(queueTrigger("%BAD%")),
		`schedule "daily"`:  function(timer),
		`queueName "--x--"`: function(queueTrigger("orders"), out),
	} {
		app, err := host.Load(stage(t, files{"f/function.json": content, "good/function.json": function(queueTrigger("%GOOD%"))}))
		check(t, err)
		_, err = host.Start(t.Context(), app, host.Options{Env: []string{"GOOD=orders", "BAD=-x-", "WHEN=daily", "OUT=--x--"}})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want it to contain %q", err, want)
		}
	}
}

func TestAFunctionThatNamesAMissingSettingIsNotIndexed(t *testing.T) {
	gate, env := newGate(t)
	out := `{"type":"queue","direction":"out","name":"out","queueName":"%UNSET%"}`
	r := start(t, files{
		"Timed/function.json":   function(`{"type":"timerTrigger","name":"timer","schedule":"%UNSET%"}`),
		"Waiting/function.json": function(queueTrigger("%UNSET%")), "Sending/function.json": function(queueTrigger("orders"), out),
		"OnOther/function.json": function(queueTrigger("others")),
	}, host.Options{}, env)
	equal(t, "start", gate.next(t), "start")
	r.enqueue(t, "orders", "lost")
	r.enqueue(t, "others", "a")
	equal(t, "only the others run", gate.next(t), "a 1 1")
	for _, name := range []string{"Timed", "Waiting", "Sending"} {
		if want := "The '" + name + "' function is in error and does not run"; !strings.Contains(r.log.String(), want) {
			t.Errorf("the log lacks %q", want)
		}
		equal(t, name, r.send(t, "POST", "/admin/functions/"+name, `{}`).status, 404)
	}
	r.log.await(t, "%UNSET% does not resolve to a value: set the app setting UNSET")
}

func TestMessagesAtOnceByDefault(t *testing.T) {
	app, err := host.Load(stage(t, nil))
	check(t, err)
	cores := runtime.NumCPU()
	equal(t, "on a dedicated or Flex plan", app.Config.Queues.Concurrency("WEBSITE_SKU=FlexConsumption"), 16+8*cores)
	equal(t, "on the Consumption plan", app.Config.Queues.Concurrency("WEBSITE_SKU=dynamic"), 16+8)
}

func TestCloseLeavesNothingRunning(t *testing.T) {
	gate, env := newGate(t)
	r := start(t, files{"OnMessage/function.json": onMessage["OnMessage/function.json"], "OnTick/function.json": function(hourly)}, host.Options{}, env)
	gate.next(t)
	for range 30 { // more than run at the same time
		r.enqueue(t, "orders", "a")
	}
	await(t, "the handler", gate.reached)
	check(t, r.Close())
	var stacks bytes.Buffer
	check(t, pprof.Lookup("goroutine").WriteTo(&stacks, 2))
	for _, name := range []string{"listen(", "deliver(", "runTimer("} {
		if strings.Contains(stacks.String(), "(*Host)."+name) {
			t.Errorf("%s still runs", name)
		}
	}
	equal(t, "messages left", len(r.Queued("orders")), 30)
}
