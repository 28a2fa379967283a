package vault

import (
	"context"
	"net/http"
	"time"

	"rotunda/internal/secret"
)

// waitBound is how long a caller is kept waiting for what the vault does after its answer. The
// recordings in Azure/azure-sdk-assets show 1 to 10 s, once under a minute.
const waitBound = 2 * time.Minute

// AwaitDeleted returns when the soft delete of name has finished.
func (v *Vault) AwaitDeleted(ctx context.Context, name string) error {
	return until(ctx, "The vault accepted the deletion of "+name+" and goes on with it. Ask GET deletedsecrets/"+name+" until it answers 200 or 403.",
		func(ctx context.Context) (bool, error) {
			_, err := v.GetDeleted(ctx, name)
			return settled(err)
		})
}

// AwaitRecovered returns when the recovery of name has finished.
func (v *Vault) AwaitRecovered(ctx context.Context, name string) error {
	return until(ctx, "The vault accepted the recovery of "+name+" and goes on with it. Ask GET secrets/"+name+" until it answers 200 or 403.",
		func(ctx context.Context) (bool, error) {
			_, err := v.Get(ctx, name, "")
			return settled(err)
		})
}

// settled reads the answer to a poll: 200 is done, and so is 403, which a disabled secret answers
// for ever; 404 is not yet. Any other failure ends the wait.
func settled(err error) (bool, error) {
	switch status, _ := secret.RefusedWith(err); {
	case err == nil, status == http.StatusForbidden:
		return true, nil
	case status == http.StatusNotFound, isNameBusy(err), secret.IsVaultAway(err):
		return false, nil
	}
	return false, err
}

// until polls, ever more slowly up to every 2 s, until done answers true or an error, or
// waitBound has passed, which is ErrNotFinished with the advice.
func until(ctx context.Context, advice string, done func(context.Context) (bool, error)) error {
	const slowest = 2 * time.Second
	bounded, cancel := context.WithTimeout(ctx, waitBound)
	defer cancel()
	for pause := 100 * time.Millisecond; ; pause = min(2*pause, slowest) {
		finished, err := done(bounded)
		if finished {
			return nil
		}
		if bounded.Err() == nil && err != nil {
			return err
		}
		select {
		case <-time.After(pause):
		case <-bounded.Done():
			return gaveUp(ctx, advice)
		}
	}
}

func gaveUp(ctx context.Context, advice string) error {
	if ctx.Err() != nil {
		return ctx.Err() // the caller's own end, not our bound
	}
	return secret.Problemf(secret.ErrNotFinished, "The vault had not finished after %s. %s", waitBound, advice)
}
