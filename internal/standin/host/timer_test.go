package host_test

import (
	"testing"

	"rotunda/internal/standin/host"
)

const yearly = `{"type":"timerTrigger","name":"timer","schedule":"0 0 0 1 1 *","runOnStartup":true}`

func TestATimerFiresOnItsSchedule(t *testing.T) {
	gate, env := newGate(t)
	start(t, files{"OnTick/function.json": function(`{"type":"timerTrigger","name":"timer","schedule":"%WHEN%"}`)}, host.Options{}, env, "WHEN=* * * * * *")
	gate.next(t)
	for range 2 {
		equal(t, "a tick that comes too often to be monitored", gate.next(t), "tick false")
	}
}

func TestATimerThatRunsOnStartup(t *testing.T) {
	gate, env := newGate(t)
	start(t, files{"OnTick/function.json": function(yearly)}, host.Options{}, env)
	gate.next(t)
	equal(t, "tick", gate.next(t), "tick true")
}

func TestOneOfTheHostsRunsATimer(t *testing.T) {
	gate, env := newGate(t)
	queues := host.NewQueues()
	app := files{"OnTick/function.json": function(yearly), "OnMessage/function.json": function(queueTrigger("orders"))}
	first := start(t, app, host.Options{Queues: queues}, env)
	gate.next(t)
	equal(t, "tick", gate.next(t), "tick true")
	second := start(t, app, host.Options{Queues: queues}, env)
	equal(t, "second handler", gate.next(t), "start")
	check(t, second.WaitReady(t.Context()))
	second.enqueue(t, "orders", "a")
	equal(t, "no second tick before", gate.next(t), "a 1 1")
	awaitCount(t, queues, "orders", 0)
	check(t, first.Close())
	equal(t, "the other host takes over", gate.next(t), "tick true")
}
