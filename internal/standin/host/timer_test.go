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
