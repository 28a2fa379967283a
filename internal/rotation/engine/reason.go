package engine

import (
	"rotunda/internal/rotation"
	"rotunda/internal/secret"
)

// reason is why a person has to act, or to know.
type reason int

const (
	undecided reason = iota
	notOurs
	movedSince
	movedAway
	movedByHand
	movedInGrace
	foreignRejected
	bothRejected
	allRejected
	refusedAndRejected
	baseRejected
	cancelledElsewhere
	nothingChanged
	takenBack
	keyLeft
	neitherLogsIn
)

// explain puts a reason into words.
func (a *attempt) explain(why reason) string {
	switch why {
	case notOurs:
		return "The app did not write the record of this rotation, " + secret.PendingName(a.request.Name) + ", or its note beside the locks is lost, such as with another storage account. " +
			"Nothing was changed. If the record is the app's, adopt it with resume?adopt=true; else cancel the rotation."
	case movedSince:
		return "The secret's tags point to another credential than when its rotation began. Put them back, or set a new value for the new one."
	case movedAway:
		return a.writtenByOthers() + " and points to another credential. The provider may have the new value of the old one: check it there. " +
			"Rotate by hand to give the old one up; or set the secret back, and resume."
	case movedByHand:
		return a.writtenByOthers() + " and points to another credential. The rotation of the old one was given up; its provider may have the value on record."
	case movedInGrace:
		return "The secret points to another credential now. The old one was not made invalid: do that at its provider."
	case foreignRejected:
		return "The provider rejects the latest version, which somebody else wrote. Nothing is retired until it logs in."
	case bothRejected:
		return "The provider rejects the latest version, which somebody else wrote, and the new value on record. Set the secret to a value that logs in."
	case allRejected:
		return "The provider rejects the new value, the current one and older ones. Set the login's password there to the secret's value, " +
			"or name a login that may do so in the tag " + rotation.TagAdminSecret + "; then resume."
	case baseRejected:
		return "The provider rejects the new value and the secret's current one, though nothing in this rotation invalidates that. " +
			"Set the secret to a value that logs in, or cancel the rotation."
	case cancelledElsewhere:
		return "Cancelled by hand. The secret points to another credential now; the provider of the old one may have the value on record."
	case nothingChanged:
		return "Cancelled by hand. The provider does not accept the new value, and nothing else was changed."
	case takenBack:
		return "Cancelled by hand. What the rotation had changed at the provider was taken back."
	case keyLeft:
		return "Cancelled by hand. The key that the secret does not hold may have been regenerated, which cannot be taken back."
	case neitherLogsIn:
		return "Cancelled by hand. The provider rejects the secret's current value: set the secret to a value that logs in."
	case refusedAndRejected:
		return "The provider's policy refuses the new value, and it rejects the old one. Set the secret to a value that logs in."
	}
	return "The app cannot tell how this rotation goes on. Report it, with the record's tags."
}

func (a *attempt) writtenByOthers() string {
	return "Version " + a.latest.Version + " was written by somebody else during the rotation"
}

// explainReplaced says on top of which version the new credential is published.
func (a *attempt) explainReplaced() string {
	switch a.evidence.latest {
	case ours: // R2
		return "Version " + a.latest.Version + " no longer logged in, so the provider or the secret was changed; what the provider has is published on top. "
	case foreign: // R10
		a.reported = append(a.reported, a.latest.Version)
		return a.writtenByOthers() + ", and the provider rejected it. What the provider has is published on top; the other version is still there. "
	}
	return ""
}
