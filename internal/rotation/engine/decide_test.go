package engine

import (
	"math/rand/v2"
	"slices"
	"testing"

	"rotunda/internal/rotation"
)

// going returns the evidence about an operation that was interrupted after its intent was marked,
// and that this attempt has resumed.
func going(latest owner, change func(*evidence)) evidence {
	e := evidence{read: true, open: true, begun: true, alone: true, intended: true, marked: true, latest: latest, means: byLogin}
	if change != nil {
		change(&e)
	}
	return e
}

// TestOrderOfWrites follows a rotation that meets nothing unexpected, step by step.
func TestOrderOfWrites(t *testing.T) {
	e, order := evidence{means: byAdmin}, []step{}
	for range 20 {
		d := decide(e)
		order = append(order, d.step)
		switch d.step {
		case read:
			e.read = true
		case preflight:
			e.preflown, e.current = true, accepted
		case control:
			e.controlled = true
		case inspect:
			e.inspected = true
		case prepare:
			e.open, e.begun, e.prepared, e.latest, e.pending = true, true, true, base, rejected
		case meet:
			e.alone = true
		case intent:
			e.prepared, e.intended, e.marked = false, true, true
		case apply:
			e.applied = true
		case verify:
			e.proven = true
		case reread:
			e.reread = true
		case publish:
			e.forget()
			e.latest, e.published, e.current = ours, true, accepted
		case confirm:
			e.confirmed = true
		case closing:
			want := []step{read, preflight, control, inspect, prepare, meet, intent, apply, verify, reread, publish, confirm, closing}
			if len(order) != len(want) {
				t.Fatalf("%v, want %v", order, want)
			}
			for i := range want {
				if order[i] != want[i] {
					t.Fatalf("%v, want %v", order, want)
				}
			}
			return
		}
	}
	t.Fatalf("it does not end: %v", order)
}

// resumeCases are cases of the resume table of docs/rotation.md, row by row.
var resumeCases = map[string]struct {
	evidence evidence
	row      string
	next     step
}{
	"R1: ours logs in":                                                {going(ours, func(e *evidence) { e.current = accepted }), "R1", confirm},
	"R1: ours, not asked yet":                                         {going(ours, nil), "R1", probeCurrent},
	"R2: ours is rejected, and an admin sets it again":                {going(ours, func(e *evidence) { e.current, e.means = rejected, byAdmin }), "R2", apply},
	"R2: ours is rejected, and an older login sets it again":          {going(ours, func(e *evidence) { e.current, e.authority = rejected, accepted }), "R2", apply},
	"R2: ours is rejected, and so are older ones":                     {going(ours, func(e *evidence) { e.current, e.authority = rejected, rejected }), "R2", attention},
	"R2: ours is rejected, and the secret points elsewhere":           {going(ours, func(e *evidence) { e.current, e.repointed = rejected, true }), "R2", attention},
	"R2: the provider's policy refuses ours":                          {going(ours, func(e *evidence) { e.current, e.refused = rejected, true }), "R2", attention},
	"R2: the provider has another key":                                {going(ours, func(e *evidence) { e.current, e.pending, e.means, e.reread = rejected, accepted, byKeys, true }), "R2", publish},
	"R2: another credential is issued":                                {going(ours, func(e *evidence) { e.current, e.means = rejected, byIssue }), "R2", apply},
	"R3: no intent is marked":                                         {going(base, func(e *evidence) { e.intended, e.marked = false, false }), "R3", intent},
	"R4: the new one logs in":                                         {going(base, func(e *evidence) { e.pending, e.reread = accepted, true }), "R4", publish},
	"R4: the base is read again first":                                {going(base, func(e *evidence) { e.pending = accepted }), "R4", reread},
	"R4: not asked yet":                                               {going(base, nil), "R4", probePending},
	"R5: the old one logs in":                                         {going(base, func(e *evidence) { e.pending, e.current = rejected, accepted }), "R5", apply},
	"R5: the intent is marked again first":                            {going(base, func(e *evidence) { e.pending, e.current, e.marked = rejected, accepted, false }), "R5", intent},
	"R6: an admin sets it":                                            {going(base, func(e *evidence) { e.pending, e.means, e.single = rejected, byAdmin, true }), "R5, R6", apply},
	"R6: in another class, an admin is used only if the base logs in": {going(base, func(e *evidence) { e.pending, e.current, e.means = rejected, rejected, byAdmin }), "R6", attention},
	"R6: an older login sets it":                                      {going(base, func(e *evidence) { e.pending, e.current, e.authority = rejected, rejected, accepted }), "R6", apply},
	"R6: all are rejected":                                            {going(base, func(e *evidence) { e.pending, e.current, e.authority = rejected, rejected, rejected }), "R6", attention},
	"R6: older ones are not asked yet":                                {going(base, func(e *evidence) { e.pending, e.current = rejected, rejected }), "R6", probeAuthority},
	"R7: the new one has no answer":                                   {going(base, func(e *evidence) { e.pending = unknown }), "R7", wait},
	"R7: the latest has no answer":                                    {going(ours, func(e *evidence) { e.current = unknown }), "R7", wait},
	"R8: theirs logs in, ours does not":                               {going(foreign, func(e *evidence) { e.pending, e.current = rejected, accepted }), "R8, R9", yield},
	"R8: nothing has changed":                                         {going(foreign, func(e *evidence) { e.prepared, e.intended = true, false }), "R8", supersede},
	"R9: both log in":                                                 {going(foreign, func(e *evidence) { e.pending, e.current = accepted, accepted }), "R8, R9", yield},
	"R8, R9: theirs logs in, ours was not asked":                      {going(foreign, func(e *evidence) { e.current = accepted }), "R8, R9", yield},
	"R10: ours logs in, theirs does not":                              {going(foreign, func(e *evidence) { e.pending, e.current, e.reread = accepted, rejected, true }), "R10", publish},
	"R10: neither logs in, another is issued":                         {going(foreign, func(e *evidence) { e.pending, e.current, e.means = rejected, rejected, byIssue }), "R10", apply},
	"R10: neither logs in":                                            {going(foreign, func(e *evidence) { e.pending, e.current = rejected, rejected }), "R10", attention},
	"R11: theirs points elsewhere":                                    {going(foreign, func(e *evidence) { e.repointed = true }), "R11", attention},
	"R11: and somebody rotates by hand":                               {going(foreign, func(e *evidence) { e.repointed, e.byHand = true, true }), "R11", giveUp},
	"R11: the base points elsewhere":                                  {going(base, func(e *evidence) { e.repointed = true }), "R11", attention},
	"R12: policy refuses the value":                                   {going(base, func(e *evidence) { e.refused, e.pending, e.current = true, rejected, accepted }), "R12", abandon},
	"R12: and the old one is rejected":                                {going(base, func(e *evidence) { e.refused, e.pending, e.current = true, rejected, rejected }), "R12", attention},
	"R13: deleted":                                                    {evidence{read: true, latest: gone}, "R13", block},
	"cancel: the secret points elsewhere":                             {going(base, func(e *evidence) { e.cancel, e.repointed = true, true }), "cancel", giveUp},
	"cancel: nothing has changed":                                     {going(base, func(e *evidence) { e.cancel, e.prepared, e.intended = true, true, false }), "cancel", cancelled},
	"cancel: a key may be regenerated":                                {going(base, func(e *evidence) { e.cancel, e.means, e.current = true, byKeys, accepted }), "cancel", cancelled},
	"cancel: a credential may be issued":                              {going(base, func(e *evidence) { e.cancel, e.means, e.current = true, byIssue, accepted }), "cancel", takeBack},
	"cancel: only the old one logs in":                                {going(base, func(e *evidence) { e.cancel, e.pending, e.current = true, rejected, accepted }), "cancel", cancelled},
	"cancel: both log in":                                             {going(base, func(e *evidence) { e.cancel, e.pending, e.current = true, accepted, accepted }), "cancel", takeBack},
	"cancel: only the new one logs in":                                {going(base, func(e *evidence) { e.cancel, e.pending, e.current = true, accepted, rejected }), "cancel", putBack},
	"cancel: neither logs in":                                         {going(base, func(e *evidence) { e.cancel, e.pending, e.current = true, rejected, rejected }), "cancel", cancelled},
	"R5: an admin sets it":                                            {going(base, func(e *evidence) { e.pending, e.current, e.means = rejected, accepted, byAdmin }), "R5", apply},
	"retire: the base is the latest again, and rejected":              {going(base, func(e *evidence) { e.grace, e.current = true, rejected }), "retire", attention},
	"retire: the latest logs in":                                      {going(ours, func(e *evidence) { e.grace, e.current = true, accepted }), "retire", retire},
	"retire: theirs logs in":                                          {going(foreign, func(e *evidence) { e.grace, e.current = true, accepted }), "retire", retire},
	"retire: theirs is rejected":                                      {going(foreign, func(e *evidence) { e.grace, e.current = true, rejected }), "retire", attention},
	"retire: ours is rejected":                                        {going(ours, func(e *evidence) { e.grace, e.current, e.authority = true, rejected, accepted }), "R2", apply},
	"retire: the secret points elsewhere":                             {going(ours, func(e *evidence) { e.grace, e.repointed = true, true }), "retire", giveUp},
}

// TestResumeTable tests the resume table.
func TestResumeTable(t *testing.T) {
	for name, row := range resumeCases {
		if d := decide(row.evidence); d.row != row.row || d.step != row.next {
			t.Errorf("%s: row %s, %s; want row %s, %s", name, d.row, d.step, row.row, row.next)
		}
	}
}

// TestEveryRowHasACase leaves out one row of the resume table after another: each time, at least
// one of the cases must be decided otherwise.
func TestEveryRowHasACase(t *testing.T) {
	for i, left := range resumeTable {
		table := slices.Delete(slices.Clone(resumeTable), i, i+1)
		found := false
		for _, row := range resumeCases {
			d := decideBy(table, row.evidence)
			found = found || d.row != row.row || d.step != row.next
		}
		if !found {
			t.Errorf("without row %d, %+v, all cases are decided as before", i, left)
		}
	}
}

// TestDecisionsAreSafe draws evidence at random: there is always a decision, and no decision rests
// on an answer that the provider did not give.
func TestDecisionsAreSafe(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 500_000 {
		e := randomEvidence(random)
		d := decide(e)
		if steps[d.step] == nil || d.step == attention && d.why == undecided {
			t.Fatalf("%+v: no step for %+v", e, d)
		}
		switch d.step {
		case apply, abandon, retire, yield:
			if e.unclear() {
				t.Fatalf("%s without an answer: %+v", d.step, e)
			}
		}
		switch {
		case d.step == retire && (e.current != accepted || !e.grace || e.repointed),
			d.step == publish && (!e.reread || !e.proven && e.pending != accepted),
			d.step == apply && (e.latest == base && (e.pending == accepted || !e.marked) || e.repointed || e.latest == gone),
			d.step == abandon && (!e.refused || e.pending != rejected || e.current != accepted),
			d.step == closing && !e.confirmed,
			d.step == prepare && (e.open || e.declined || !e.preflown || !e.controlled):
			t.Fatalf("%s upon %+v", d.step, e)
		}
	}
}

// randomEvidence returns evidence that an attempt can reach. At most one of prepared, intended and
// grace is set, and somebody owns the latest version.
func randomEvidence(random *rand.Rand) evidence {
	flip := func() bool { return random.IntN(2) == 0 }
	e := evidence{
		read: random.IntN(20) > 0, latest: owner(1 + random.IntN(4)), open: random.IntN(5) > 0, declined: random.IntN(10) == 0,
		begun: random.IntN(5) > 0, byHand: flip(), means: means(1 + random.IntN(4)), preflown: flip(), controlled: flip(), alone: random.IntN(5) > 0,
		marked: flip(), repointed: random.IntN(4) == 0, refused: random.IntN(4) == 0,
		pending: verdict(random.IntN(4)), current: verdict(random.IntN(4)), authority: verdict(random.IntN(4)),
		applied: random.IntN(5) == 0, proven: random.IntN(5) == 0, reread: flip(), published: random.IntN(5) == 0, rival: random.IntN(9) == 0, confirmed: random.IntN(9) == 0,
	}
	switch random.IntN(4) {
	case 0:
		e.prepared = true
	case 1, 2:
		e.intended = true
	case 3:
		e.grace = true
	}
	if e.marked {
		e.prepared, e.intended, e.grace = false, true, false
	}
	return e
}

// TestVerdictOf fails if a change to the order of the constants turns one verdict into another.
func TestVerdictOf(t *testing.T) {
	for from, to := range map[rotation.Verdict]verdict{rotation.Unknown: unknown, rotation.Accepted: accepted, rotation.Rejected: rejected} {
		if got := verdictOf(from); got != to {
			t.Errorf("%s becomes %d", from, got)
		}
	}
}
