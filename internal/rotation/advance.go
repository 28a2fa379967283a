package rotation

import (
	"context"
	"errors"
	"time"
)

// advance marks that the provider may change from now on, and carries the rotation out.
func (j *job) advance(ctx context.Context, resumed bool) (Outcome, error) {
	if j.record.state != Intent {
		if err := j.enter(ctx, Intent, ""); err != nil {
			return j.cantGoOn(ctx, err)
		}
	}
	j.started()
	obtained, err := j.way.obtain(ctx, resumed)
	if errors.Is(err, errAbandoned) {
		return j.abandon(ctx)
	}
	if err != nil {
		return j.cantGoOn(ctx, err)
	}
	return j.publish(ctx, obtained, j.record.Base)
}

// started tells whoever asked that the rotation will be carried out, whatever becomes of this attempt.
func (j *job) started() {
	if tell := j.request.Started; tell != nil {
		j.request.Started = nil
		tell(Outcome{State: j.record.state, Operation: j.record.Operation, Note: "The rotation is on record and goes on."})
	}
}

// enter writes that the record is in another state.
func (j *job) enter(ctx context.Context, state State, reason string) error {
	changed := j.record
	changed.state, changed.since, changed.reason, changed.tries, changed.next = state, time.Now().UTC(), reason, 0, time.Time{}
	if err := j.note(ctx, changed); err != nil {
		return err
	}
	j.record = changed
	return nil
}

// maxRefused is how many values may be refused by policy, one after the other.
const maxRefused = 3

const reasonRefused = "The provider's policy refused the new password."

// errAbandoned is when the provider's policy refused the value, and nothing has changed.
var errAbandoned = errors.New("the value is abandoned")

// abandon ends the operation and begins another one, with another value.
func (j *job) abandon(ctx context.Context) (Outcome, error) {
	j.record.refused++
	if err := j.enter(ctx, Abandoned, reasonRefused); err != nil {
		j.record.refused-- // the next attempt counts the same value
		return j.cantGoOn(ctx, err)
	}
	j.durable = false
	if j.record.refused >= maxRefused {
		return j.cantGoOn(ctx, Permanentf("The provider's policy refused %d new passwords, one after the other. Make them fit with the tags %s and %s.",
			j.record.refused, TagPasswordLength, TagPasswordExclude))
	}
	if err := j.understand(ctx); err != nil { // for another value
		return j.cantGoOn(ctx, err)
	}
	return j.begin(ctx)
}
