package host

import (
	"context"
	"time"
)

// runTimer fires a timer until the host stops. Of the hosts that share queues, one does; that a tick was missed while none
// ran is forgotten, where the real host fires it late.
// Source: repository Azure/azure-webjobs-sdk-extensions, src/WebJobs.Extensions/Extensions/Timers/Listener/TimerListener.cs.
func (h *Host) runTimer(f Function) {
	ctx := h.supervisor.ctx
	end, ok := h.queues.lease(ctx, "timer "+foldName(f.Name))
	if !ok {
		return
	}
	defer end()
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

// fire invokes the function and gives the status after it. Ticks that pass meanwhile count as one.
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

// sleepUntil waits for a time, which never comes if it is zero; it is false if ctx ends first.
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
