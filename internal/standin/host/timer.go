package host

import (
	"context"
	"time"
)

// runTimer fires a timer until the host stops, in each host that runs the app; in Azure one host
// holds a lease. Ticks of a monitored timer that were missed while no host ran fire once, at the
// start.
// Source: repository Azure/azure-webjobs-sdk-extensions,
// src/WebJobs.Extensions/Extensions/Timers/Listener/TimerListener.cs (StartAsync).
func (h *Host) runTimer(f Function) {
	ctx := h.supervisor.ctx
	if !h.supervisor.awaitFirst() {
		return
	}
	status, pastDue := h.firstStatus(f, time.Now().UTC())
	if pastDue || f.Trigger.RunOnStartup {
		status = h.fire(f, status, time.Now(), pastDue)
	}
	for sleepUntil(ctx, status.Next) {
		status = h.fire(f, status, later(time.Now(), status.Next), false)
	}
}

// firstStatus returns the status to begin with, and whether a tick was missed. A schedule that has
// changed since misses none.
// Source: as above, Scheduling/ScheduleMonitor.cs (CheckPastDueAsync).
func (h *Host) firstStatus(f Function, now time.Time) (status TickStatus, pastDue bool) {
	next := f.Trigger.schedule.next
	status, found := h.queues.status(f.Name)
	if !found || !f.isMonitored(now) {
		status = TickStatus{Next: next(now), LastUpdated: now}
	} else if expected := next(later(status.Last, status.LastUpdated)); !expected.Equal(status.Next) {
		status = TickStatus{Next: next(now), LastUpdated: now}
	}
	h.queues.setStatus(f.Name, status)
	return status, now.After(status.Next) && !status.Next.IsZero()
}

// isMonitored reports whether the storage account keeps the timer's status.
func (f Function) isMonitored(now time.Time) bool {
	return or(f.Trigger.UseMonitor, true) && !f.Trigger.schedule.isFrequent(now)
}

// fire invokes the function and returns the status after it. Ticks that pass meanwhile count as
// one.
func (h *Host) fire(f Function, before TickStatus, now time.Time, pastDue bool) TickStatus {
	tick := Tick{Schedule: TickSchedule{AdjustForDST: true}, IsPastDue: pastDue}
	if f.isMonitored(now) {
		tick.ScheduleStatus = &before
	}
	if _, err := h.Invoke(h.supervisor.ctx, f.Name, Trigger{Data: tick}); err != nil {
		h.options.Logger.Error("timer failed", "function", f.Name, "error", err)
	}
	now = now.UTC()
	status := TickStatus{Last: now, Next: f.Trigger.schedule.next(now), LastUpdated: now}
	h.queues.setStatus(f.Name, status)
	return status
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
