package engine

import "context"

// step is what an attempt does next.
type step string

// The steps that sense. They add to the evidence and change nothing, but that a deleted record is
// recovered.
const (
	read           step = "read"
	probePending   step = "probe pending"
	probeCurrent   step = "probe current"
	probeAuthority step = "probe authority"
	reread         step = "reread"
)

// The steps that act, in the order of writes of docs/rotation.md.
const (
	preflight step = "preflight"
	control   step = "negative control"
	inspect   step = "inspect"
	prepare   step = "prepare"
	meet      step = "meet"
	resume    step = "resume"
	intent    step = "intent"
	apply     step = "apply"
	verify    step = "verify"
	publish   step = "publish"
	confirm   step = "confirm"
	closing   step = "close"
	retire    step = "retire"
	refute    step = "negative proof"
	ended     step = "end"
)

// The steps that end an attempt or an operation in another way.
const (
	leave     step = "leave"     // there is nothing to do, or not yet
	block     step = "block"     // the secret is deleted
	wait      step = "wait"      // the provider gave no answer
	yield     step = "yield"     // somebody else's version stays
	supersede step = "supersede" // the same, before anything has changed
	giveUp    step = "give up"   // the provider is left to a person
	abandon   step = "abandon"   // the value is refused: another one is tried
	attention step = "attention" // a person has to act first
	takeBack  step = "take back" // cancelled: the new credential is made invalid
	putBack   step = "put back"  // cancelled: the old one is made valid again
	cancelled step = "cancelled" // given up by hand
)

// steps has a function for each step: in sense.go, begin.go, act.go and end.go.
var steps = map[step]func(*attempt, context.Context) error{
	read: (*attempt).read, probePending: (*attempt).probePending, probeCurrent: (*attempt).probeCurrent,
	probeAuthority: (*attempt).probeAuthority, reread: (*attempt).reread,

	preflight: (*attempt).preflight, control: (*attempt).control, inspect: (*attempt).inspect, prepare: (*attempt).prepare, meet: (*attempt).meet,
	resume: (*attempt).resume, intent: (*attempt).intent, apply: (*attempt).apply, verify: (*attempt).verify,
	publish: (*attempt).publish, confirm: (*attempt).confirm, closing: (*attempt).close, retire: (*attempt).retire, refute: (*attempt).refute, ended: (*attempt).ended,

	leave: (*attempt).leave, block: (*attempt).block, wait: (*attempt).wait, yield: (*attempt).yield,
	supersede: (*attempt).supersede, giveUp: (*attempt).giveUp, abandon: (*attempt).abandon, attention: (*attempt).attention,
	takeBack: (*attempt).takeBack, putBack: (*attempt).putBack, cancelled: (*attempt).cancelled,
}
