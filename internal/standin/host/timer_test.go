package host_test

import (
	"runtime"
	"testing"
	"time"

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

func TestATickThatWasMissedFiresAtTheStart(t *testing.T) {
	lastYear := time.Date(time.Now().Year()-1, time.January, 1, 0, 0, 0, 0, time.UTC)
	missed := host.TickStatus{Last: lastYear, Next: lastYear.AddDate(1, 0, 0), LastUpdated: lastYear}
	daily := `{"type":"timerTrigger","name":"timer","schedule":"0 0 0 1 1 *"}`
	for _, row := range []struct {
		name, function string
		status         host.TickStatus
		want           string
	}{
		{"monitored", daily, missed, "tick true past due"},
		{"never fired, but known", daily, host.TickStatus{Next: missed.Next, LastUpdated: lastYear}, "tick true past due"},
		{"of another schedule", daily, host.TickStatus{Last: lastYear, Next: lastYear.AddDate(0, 0, 1), LastUpdated: lastYear}, ""},
		{"not monitored", `{"type":"timerTrigger","name":"timer","schedule":"0 0 0 1 1 *","useMonitor":false}`, missed, ""},
		{"none missed", daily, host.TickStatus{}, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			gate, env := newGate(t)
			queues := host.NewQueues()
			if !row.status.Next.IsZero() {
				queues.Elapsed("OnTick", row.status)
			}
			r := start(t, files{"OnTick/function.json": function(row.function), "OnMessage/function.json": function(queueTrigger("orders"))}, host.Options{Queues: queues}, env)
			equal(t, "start", gate.next(t), "start")
			if row.want != "" {
				equal(t, "tick", gate.next(t), row.want)
			}
			r.enqueue(t, "orders", "a")
			equal(t, "next", gate.next(t), "a 1 1")
			for deadline := time.Now().Add(patience); row.want != "" && !queues.Status("OnTick").Next.After(time.Now()); runtime.Gosched() {
				if time.Now().After(deadline) {
					t.Fatalf("the next tick is %v", queues.Status("OnTick").Next)
				}
			}
		})
	}
}
