package host_test

import (
	"testing"

	"rotunda/internal/standin/host"
)

const hourly = `{"type":"timerTrigger","name":"timer","schedule":"0 0 * * * *"}`

func TestATimerFiresOnItsSchedule(t *testing.T) {
	gate, env := newGate(t)
	start(t, files{"OnTick/function.json": function(`{"type":"timerTrigger","name":"timer","schedule":"%WHEN%"}`)}, host.Options{}, env, "WHEN=* * * * * *")
	gate.next(t)
	for range 2 {
		equal(t, "the timer", gate.next(t), "tick")
	}
}
