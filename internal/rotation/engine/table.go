package engine

// row is one row of the resume table. A column with the zero value fits anything.
type row struct {
	name      string // in docs/rotation.md
	latest    owner
	means     means
	grace     is
	repointed is
	byHand    is
	cancel    is
	single    is
	prepared  is
	intended  is
	refused   is

	pending, current, authority verdict // asked in this order, each only if a row depends on it

	next step
	why  reason // for which a person has to act
}

// is is yes, no or either.
type is int

const (
	either is = iota
	yes
	no
)

func (i is) fits(value bool) bool { return i == either || (i == yes) == value }

// resumeTable decides how an operation goes on from evidence. The first row that fits is followed.
// Before the provider changes, the attempt marks its intent; before it publishes, it reads the
// latest version again: decide sees to both. A fresh operation goes through the table too: there,
// preflight has the current credential accepted, and the pending one counts as rejected, as nobody
// has heard of it yet.
//
// R7 (no answer), R13 (deleted) and R14 (the record is deleted) are in decide.
var resumeTable = []row{
	// Somebody gives the rotation up. What was applied and not published is taken back.
	{name: "cancel", cancel: yes, repointed: yes, next: giveUp, why: cancelledElsewhere},
	{name: "cancel", cancel: yes, latest: base, prepared: yes, next: cancelled, why: nothingChanged},
	{name: "cancel", cancel: yes, latest: base, means: byKeys, current: accepted, next: cancelled, why: keyLeft},
	{name: "cancel", cancel: yes, latest: base, means: byIssue, current: accepted, next: takeBack},
	{name: "cancel", cancel: yes, latest: base, pending: rejected, current: accepted, next: cancelled, why: nothingChanged},
	{name: "cancel", cancel: yes, latest: base, pending: accepted, current: accepted, next: takeBack},
	{name: "cancel", cancel: yes, latest: base, pending: accepted, current: rejected, next: putBack},
	{name: "cancel", cancel: yes, latest: base, current: rejected, next: cancelled, why: neitherLogsIn},

	// The new credential is published. The old one is retired once the latest version logs in.
	{name: "retire", grace: yes, repointed: yes, next: giveUp, why: movedInGrace},
	{name: "retire", grace: yes, current: accepted, next: retire},
	{name: "retire", grace: yes, latest: base, current: rejected, next: attention, why: foreignRejected},
	{name: "retire", grace: yes, latest: foreign, current: rejected, next: attention, why: foreignRejected},

	// The latest version is ours.
	{name: "R1", latest: ours, current: accepted, next: confirm},
	{name: "R2", latest: ours, current: rejected, repointed: yes, next: attention, why: movedSince},
	{name: "R2", latest: ours, current: rejected, refused: yes, next: attention, why: refusedAndRejected},
	{name: "R2", latest: ours, current: rejected, means: byKeys, pending: accepted, next: publish},
	{name: "R2", latest: ours, current: rejected, means: byLogin, authority: rejected, next: attention, why: allRejected},
	{name: "R2", latest: ours, current: rejected, next: apply}, // byLogin: by an older login that logs in

	// It is the one that the operation is to replace.
	{name: "R11", latest: base, repointed: yes, next: attention, why: movedSince},
	{name: "R3", latest: base, intended: no, next: intent},
	{name: "R4", latest: base, pending: accepted, next: publish},
	{name: "R12", latest: base, refused: yes, pending: rejected, current: accepted, next: abandon},
	{name: "R12", latest: base, refused: yes, pending: rejected, current: rejected, next: attention, why: refusedAndRejected},
	{name: "R5", latest: base, means: byLogin, pending: rejected, current: accepted, next: apply},
	{name: "R6", latest: base, means: byLogin, pending: rejected, current: rejected, authority: accepted, next: apply},
	{name: "R6", latest: base, means: byLogin, pending: rejected, current: rejected, authority: rejected, next: attention, why: allRejected},
	{name: "R5", latest: base, means: byAdmin, single: no, pending: rejected, current: accepted, next: apply},
	{name: "R6", latest: base, means: byAdmin, single: no, pending: rejected, current: rejected, next: attention, why: baseRejected},
	{name: "R5, R6", latest: base, pending: rejected, next: apply}, // without the current credential

	// It is somebody else's.
	{name: "R8", latest: foreign, prepared: yes, next: supersede},
	{name: "R11", latest: foreign, repointed: yes, byHand: yes, next: giveUp, why: movedByHand},
	{name: "R11", latest: foreign, repointed: yes, next: attention, why: movedAway},
	{name: "R8, R9", latest: foreign, current: accepted, next: yield},
	{name: "R10", latest: foreign, pending: accepted, current: rejected, next: publish},
	{name: "R10", latest: foreign, means: byIssue, pending: rejected, current: rejected, next: apply},
	{name: "R10", latest: foreign, pending: rejected, current: rejected, next: attention, why: bothRejected},
}
