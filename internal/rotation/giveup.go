package rotation

import (
	"context"
	"errors"
	"time"
)

// giveUp writes down that a secret can't be rotated as it is, so that it is said once and not for ever.
func (j *job) giveUp(ctx context.Context, fault *Fault) (Outcome, error) {
	if j.live.Version != "" && !IsManaged(j.live.Tags) {
		return Outcome{State: j.state(), Note: fault.Reason}, nil // most secrets are none of ours
	}
	outcome := Outcome{State: Attention, Note: fault.Reason, Alarm: true}
	if j.live.Version == "" || j.givenUp() {
		return outcome, nil
	}
	if j.isOutdated() {
		return Outcome{State: j.state(), Note: noteOutdated}, nil
	}
	live, err := j.Vault.Get(ctx, j.live.Name, "")
	if err == nil && live.Version != j.live.Version { // what is wrong was wrong with another version
		return (&job{Engine: j.Engine, request: j.request}).work(ctx)
	}
	if err == nil {
		err = j.writeWrong(ctx, fault)
	}
	switch {
	case errors.Is(err, errGaveWay):
		return j.cantGoOn(ctx, err)
	case err != nil:
		return Outcome{State: j.state()}, err
	}
	return outcome, nil
}

// writeWrong puts on record what is wrong, unless another worker has begun a rotation: its record must not be hidden.
func (j *job) writeWrong(ctx context.Context, fault *Fault) (err error) {
	now := time.Now().UTC()
	wrong := record{content: content{Of: j.live.Name, Base: j.live.Version, At: now}, progress: progress{
		state: Attention, since: now, reason: fault.Reason, seen: mark(j.live),
		lastSuccess: j.record.lastSuccess, exposure: j.record.exposure, control: j.record.control,
	}}
	j.record = wrong
	if err := j.alone(ctx); err != nil {
		return err
	}
	if j.record, err = j.writeRecord(ctx, j.live.Name, wrong); err != nil {
		return err
	}
	return j.alone(ctx) // once more: one that was written in between is hidden now
}
