package host

// listenAll starts what waits for messages and times, except for functions that an app setting
// disables.
func (h *Host) listenAll() {
	for _, function := range h.app.Functions {
		switch {
		case h.env.disables(function.Name):
		case function.Trigger.is(queueTriggerType):
			h.goBackground(func() { h.listen(function) })
		case function.Trigger.is(timerTriggerType):
			h.goBackground(func() { h.runTimer(function) })
		}
	}
}

// goBackground runs work that Close waits for. Once the host stops, no more is started.
func (h *Host) goBackground(work func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.supervisor.ctx.Err() == nil {
		h.background.Go(work)
	}
}

// stop ends all background work, and returns when the handler has ended too.
func (h *Host) stop(why error) {
	h.mu.Lock()
	h.supervisor.stop(why)
	h.mu.Unlock()
	<-h.supervisor.finished
	h.background.Wait()
}
