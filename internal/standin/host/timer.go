package host

import (
	"context"
	"time"
)

// runTimer fires a timer until the host stops, in each host that runs the app. A tick that was
// missed while no host ran is skipped. In Azure one host holds a lease and fires a missed tick
// late.
// Source: repository Azure/azure-webjobs-sdk-extensions,
// src/WebJobs.Extensions/Extensions/Timers/Listener/TimerListener.cs.
func (h *Host) runTimer(f Function) {
	ctx := h.supervisor.ctx
	if !h.supervisor.awaitFirst() {
		return
	}
	status := TickStatus{Next: f.Trigger.schedule.next(time.Now())}
	if f.Trigger.RunOnStartup {
		status = h.fire(f, status, time.Now())
	}
	for sleepUntil(ctx, status.Next) {
		status = h.fire(f, status, later(time.Now(), status.Next))
	}
}

// fire invokes the function and returns the status after it. Ticks that pass meanwhile count as
// one.
func (h *Host) fire(f Function, before TickStatus, now time.Time) TickStatus {
	tick := Tick{Schedule: TickSchedule{AdjustForDST: true}}
	if or(f.Trigger.UseMonitor, true) && !f.Trigger.schedule.isFrequent(now) {
		tick.ScheduleStatus = &before
	}
	if _, err := h.Invoke(h.supervisor.ctx, f.Name, Trigger{Data: tick}); err != nil {
		h.options.Logger.Error("timer failed", "function", f.Name, "error", err)
	}
	now = now.UTC()
	return TickStatus{Last: now, Next: f.Trigger.schedule.next(now), LastUpdated: now}
}

// sleepUntil waits for a time, and forever if it is zero. It returns false if ctx ends first.
func sleepUntil(ctx context.Context, at time.Time) bool {
	var due <-chan time.Time
	if !at.IsZero() {
		due = time.After(time.Until(at))
	}
	select {
	case <-due:
		return ctx.Err() == nil
	case <-ctx.Done():
		return false
	}
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
