package host

import "time"

// runTimer fires a timer until the host stops, in each host that runs the app; in Azure one host
// holds a lease. Ticks that pass while the function runs count as one, and those that pass while
// no host runs are lost: the stand-in does not keep a timer's status, as a storage account does.
// Source: repository Azure/azure-webjobs-sdk-extensions,
// src/WebJobs.Extensions/Extensions/Timers/Listener/TimerListener.cs (StartAsync).
func (h *Host) runTimer(f Function) {
	if !h.supervisor.awaitFirst() {
		return
	}
	for next := f.Trigger.schedule.next(time.Now()); h.sleepUntil(next); {
		if _, err := h.Invoke(h.supervisor.ctx, f.Name, Timer()); err != nil {
			h.options.Logger.Error("timer failed", "function", f.Name, "error", err)
		}
		if next = f.Trigger.schedule.next(next); next.Before(time.Now()) {
			next = f.Trigger.schedule.next(time.Now())
		}
	}
}

// sleepUntil waits for a time. It returns false if the host stops first.
func (h *Host) sleepUntil(at time.Time) bool {
	ctx := h.supervisor.ctx
	select {
	case <-time.After(time.Until(at)):
		return ctx.Err() == nil
	case <-ctx.Done():
		return false
	}
}
