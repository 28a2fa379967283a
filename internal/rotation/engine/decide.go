package engine

// decision is the next step. row names the row of the resume table that led to it, if one did.
type decision struct {
	step step
	row  string
	why  reason
}

// decide returns what comes next. It is pure: the same evidence always leads to the same step. The
// order of writes comes first; what broke off goes by the resume table.
func decide(e evidence) decision { return decideBy(resumeTable, e) }

func decideBy(table []row, e evidence) decision {
	switch {
	case !e.read:
		return decision{step: read, row: "R14"}
	case e.forged:
		return decision{step: attention, why: notOurs}
	case e.latest == gone:
		return decision{step: block, row: "R13"}
	case e.declined:
		return decision{step: leave}
	case !e.open && !e.preflown:
		return decision{step: preflight}
	case !e.open && !e.controlled:
		return decision{step: control}
	case !e.open && !e.inspected:
		return decision{step: inspect}
	case !e.open:
		return decision{step: prepare}
	case !e.begun:
		return decision{step: resume}
	case !e.alone:
		return decision{step: meet}
	case (e.retired || e.confirmed && e.single) && !e.refuted:
		return decision{step: refute}
	case e.retired:
		return decision{step: ended}
	case e.confirmed:
		return decision{step: closing}
	case e.rival, e.proven && !e.reread:
		return decision{step: reread}
	case e.published && e.current == accepted:
		return decision{step: confirm}
	case e.proven:
		return decision{step: publish}
	case e.applied:
		return decision{step: verify}
	case e.unclear():
		return decision{step: wait, row: "R7"}
	}
	return byTable(table, e)
}

// byTable follows the first row that fits. Before it changes the provider the attempt marks its
// intent, and before it publishes it reads the latest version again.
func byTable(table []row, e evidence) decision {
	for _, r := range table {
		next, fits := r.match(e)
		switch {
		case !fits:
			continue
		case next == apply && !e.marked && !e.grace:
			next = intent
		case next == publish && !e.reread:
			next = reread
		}
		return decision{step: next, row: r.name, why: r.why}
	}
	return decision{step: attention, why: undecided}
}

// match returns the row's step if the row fits. If that hangs on a verdict that is not known yet,
// it returns the step that asks for it.
func (r row) match(e evidence) (next step, fits bool) {
	if !r.fits(e) {
		return "", false
	}
	for _, column := range []struct {
		wanted, known verdict
		ask           step
	}{
		{r.pending, e.pending, probePending},
		{r.current, e.current, probeCurrent},
		{r.authority, e.authority, probeAuthority},
	} {
		switch {
		case column.wanted == unasked, column.wanted == column.known:
		case column.known == unasked:
			return column.ask, true
		default:
			return "", false
		}
	}
	return r.next, true
}

// fits compares what is known without asking anybody.
func (r row) fits(e evidence) bool {
	return (r.latest == anybody || r.latest == e.latest) &&
		(r.means == anyMeans || r.means == e.means) &&
		r.grace.fits(e.grace) && r.repointed.fits(e.repointed) && r.byHand.fits(e.byHand) && r.cancel.fits(e.cancel) && r.single.fits(e.single) &&
		r.prepared.fits(e.prepared) && r.intended.fits(e.intended) && r.refused.fits(e.refused)
}
