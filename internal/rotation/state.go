package rotation

// State is where a secret's rotation stands.
type State string

// The states. From Intent on, the provider may have changed; which of the others writes follow, evidence tells and no state.
const (
	None      State = "none"      // never rotated
	Prepared  State = "prepared"  // the new value is on record, nothing else has changed
	Intent    State = "intent"    // the provider may have changed
	Retiring  State = "retiring"  // published; the old credential is valid until its grace ends
	Closed    State = "closed"    // done
	Abandoned State = "abandoned" // the provider refused the value by policy, nothing changed
	Attention State = "attention" // a human has to act
	Blocked   State = "blocked"   // the secret is soft-deleted, or gone
	Busy      State = "busy"      // another worker is at it
)
