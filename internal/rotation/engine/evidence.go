package engine

import "rotunda/internal/rotation"

// evidence is all that a decision rests on. It holds no value and no time, so that a decision can
// be tested without a vault. What the attempt has not looked at yet has the zero value.
type evidence struct {
	read     bool // the secret, its tags and the record
	latest   owner
	open     bool // an operation is on record
	untagged bool // the secret was rotated, and has lost its rotation tags
	forged   bool // the app did not write that record
	declined bool // nothing asks for an attempt, or not yet
	begun    bool // this attempt began the operation, or took it up
	fresh    bool // this attempt began it
	byHand   bool // somebody asks for a new rotation
	cancel   bool // somebody gives the rotation up
	means    means
	single   bool // class S: what Apply replaced has to be refused before the operation is closed

	preflown   bool // the credentials log in
	controlled bool // the provider refuses a wrong password
	inspected  bool // the administrator logs in, and nothing else stands in the way
	alone      bool // the operation hides no other worker's
	prepared   bool // the record says that nothing has changed at the provider
	intended   bool // the record says that the provider may have changed
	marked     bool // this attempt wrote that
	grace      bool // the new credential is published, and the old one is to be retired
	repointed  bool // the tags name another credential than when the operation began

	pending   verdict // on the operation's new credential
	current   verdict // on the latest version's
	authority verdict // on logins that could set the new credential in place of the current one
	refused   bool    // the provider's policy refuses the new value
	unsettled bool    // an interrupted attempt's change may still take effect, so the verdict is unknown

	applied   bool // the provider took the new credential
	proven    bool // the new credential logs in
	reread    bool // the latest version is still the one that the new one is to follow
	published bool // this attempt wrote the latest version
	rival     bool // somebody else wrote a version in that moment
	confirmed bool // the latest version holds what was published
	retired   bool // the old credential was made invalid
	refuted   bool // the provider refuses it
}

// owner is whose version is the latest.
type owner int

const (
	anybody owner = iota // in the table: it does not matter
	base                 // the version that the operation is to replace
	ours                 // the operation's own
	foreign              // somebody else's
	gone                 // nobody's: the secret is deleted
)

// means is how the class gets a new credential.
type means int

const (
	anyMeans means = iota // in the table: it does not matter
	byLogin               // a login that the secret holds sets a password
	byAdmin               // another login sets it; in class V, nobody has to
	byKeys                // the provider regenerates a key, and lists its value
	byIssue               // the provider issues a credential, and shows it once
)

// verdict is what the provider says to a credential, if it was asked.
type verdict int

const (
	unasked verdict = iota // in the table: it does not matter
	unknown
	accepted
	rejected
)

func verdictOf(v rotation.Verdict) verdict { return unknown + verdict(v) }

// unclear reports whether the provider was asked and gave no answer.
func (e evidence) unclear() bool {
	return e.pending == unknown || e.current == unknown || e.authority == unknown
}

// forget drops what holds for one latest version only.
func (e *evidence) forget() {
	e.pending, e.current, e.authority, e.refused = unasked, unasked, unasked, false
	e.applied, e.proven, e.reread, e.published, e.rival, e.confirmed = false, false, false, false, false, false
}
