package callrate

// Callers returns how many callers the table holds.
func (l *Limits) Callers() int { return len(l.callers) }
