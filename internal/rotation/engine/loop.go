package engine

import (
	"context"
	"errors"
	"time"

	"rotunda/internal/panics"
	"rotunda/internal/rotation"
	"rotunda/internal/secret"
)

// attempt is one worker's attempt at one secret, under its lock.
type attempt struct {
	*Engine
	request Request

	latest   secret.Secret // the latest version
	record   record
	before   record // of the rotation before, once this attempt has written its own
	schedule schedule
	plan     rotation.Plan
	subject  rotation.Subject
	rotator  rotation.Rotator
	class    class // what the plan's class does

	evidence evidence
	decision decision
	pending  credential       // the new one, once it is known to log in, or was applied
	setter   rotation.Subject // by whose authority Apply works
	unclear  error            // why the provider gave no answer
	until    time.Time        // when an interrupted attempt's change has settled, or is asked about again

	location   rotation.Location // of the credential, as its server says
	listed     string            // the note that lists the secrets that rotate it by any address
	neighbours []string          // those of them that are rotated still
	asked      []string          // those that this attempt has looked at
	askUntil   time.Time         // no server of another secret is asked after it

	old         oldCredential // that was made invalid
	rollingBack bool          // what is published is not the operation's own value
	rest        bool          // a later version needs its own grace period
	left        bool          // this attempt left a credential to a grace period of its own
	policy      string        // what the provider says of the policy that refused a value
	proofs      []rotation.Proof

	outside  bool              // a fault lies outside the secret
	found    string            // the version of the record when this attempt began
	durable  bool              // an operation is on record: if this attempt fails, a later one goes on
	retries  int               // of publishing, while the vault is away
	rival    string            // a version that somebody else wrote in the moment of publishing
	reported []string          // versions of somebody else's that the report names already
	replaces string            // for the report, once it is known that publishing succeeded
	report   string            // what a person should know about a rotation that succeeds
	note     string            // why the secret is left alone
	outcome  *rotation.Outcome // set by the last step
}

// credential is what is published.
type credential struct {
	value   secret.Value
	id      string    // for the tag CredentialId; "" leaves that as it is
	exposed time.Time // since when the latest version may not log in; zero if it does
}

func (e *Engine) newAttempt(request Request) *attempt { return &attempt{Engine: e, request: request} }

// maxSteps is more than any attempt takes. A decision that comes to nothing must not go on
// forever.
const maxSteps = 100

var errNoProgress = errors.New("the rotation makes no progress")

// run is the loop: decide what comes next, and take that step, until one ends the attempt. A step
// that senses adds to the evidence; a step that acts changes something, and notes that too.
func (a *attempt) run(ctx context.Context) (rotation.Outcome, error) {
	for range maxSteps {
		err := a.take(ctx, a.decide(a.evidence))
		if err != nil {
			err = a.fail(ctx, err)
		}
		if err != nil {
			return rotation.Outcome{State: a.state()}, err
		}
		if a.outcome != nil {
			return *a.outcome, nil
		}
	}
	if err := a.fail(ctx, errNoProgress); err != nil {
		return rotation.Outcome{State: a.state()}, err
	}
	if a.outcome == nil {
		return rotation.Outcome{State: a.state()}, errNoProgress
	}
	return *a.outcome, nil
}

func (a *attempt) decide(e evidence) decision {
	if a.mistake.decide != nil {
		return a.mistake.decide(e)
	}
	return decide(e)
}

// take carries out the step that was decided on.
// A panic in it, most likely a rotator's, is a failure like any other, so that it is counted and
// shown.
func (a *attempt) take(ctx context.Context, d decision) (err error) {
	a.decision = d
	defer func() {
		if cause := recover(); cause != nil {
			err = rotation.Temporaryf("The attempt failed inside the app (%s). Please report this.", panics.Error(cause))
		}
	}()
	if wrong := a.mistake.steps[d.step]; wrong != nil {
		return wrong(ctx, a, func() error { return steps[d.step](a, ctx) })
	}
	return steps[d.step](a, ctx)
}

// end makes an outcome the attempt's last.
func (a *attempt) end(outcome rotation.Outcome) error {
	outcome.Proofs = a.proofs
	a.outcome = &outcome
	return nil
}

// state is the record's, or None without one.
func (a *attempt) state() rotation.State {
	if a.record.version == "" {
		return rotation.None
	}
	return a.record.state
}

// mistake is what the tests of the model make an engine do wrong: decide otherwise, or take a step
// otherwise.
type mistake struct {
	decide func(evidence) decision
	steps  map[step]func(ctx context.Context, a *attempt, do func() error) error
}
