package rotation

import "time"

// State is where a secret's rotation stands.
type State string

// The states. From Intent on the provider may have changed. The steps after it are not recorded as
// states; a later attempt infers them from evidence.
const (
	None      State = "none"      // never rotated
	Prepared  State = "prepared"  // the new value is on record, nothing else has changed
	Intent    State = "intent"    // the provider may have changed
	Retiring  State = "retiring"  // published; the old credential is valid until its grace period ends
	Closed    State = "closed"    // done
	Abandoned State = "abandoned" // given up before anything changed
	Attention State = "attention" // a person has to act
	Blocked   State = "blocked"   // the secret is soft-deleted, or gone
	Busy      State = "busy"      // another worker is working on it
)

// Outcome is where a secret's rotation stands after an attempt.
type Outcome struct {
	State     State
	Operation string
	Note      string // what was done, or why nothing was, in words for a log and a caller
	Alarm     bool   // a person should read the note
	Retired   bool   // this attempt made the old credential invalid, and saw the provider refuse it
	// Proofs are what the provider said to credentials at the end of the attempt.
	Proofs []Proof
	// Again, if not zero, is how soon another attempt should come, because readers may be failing.
	Again time.Duration
}

// Proof is what the provider said to one credential of a secret.
type Proof struct {
	Credential string // current, previous or pending
	Version    string // that holds it; "" for pending
	Verdict    Verdict
}
