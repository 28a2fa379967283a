package vault

import (
	"context"
	"net/http"
	"time"

	"rotunda/internal/secret"
)

// maxWait bounds how long a caller waits for what the vault does after its answer. The
// recordings in Azure/azure-sdk-assets show 1 to 10 s, and once just under a minute.
const maxWait = 2 * time.Minute

// AwaitDeleted waits until the soft delete of name is complete.
func (v *Vault) AwaitDeleted(ctx context.Context, name string) error {
	return poll(ctx, "The vault accepted the deletion of "+name+" and is still working on it. Call GET deletedsecrets/"+name+" until it answers 200 or 403.",
		func(ctx context.Context) (bool, error) {
			_, err := v.GetDeleted(ctx, name)
			return isComplete(err)
		})
}

// AwaitRecovered waits until the recovery of name is complete.
func (v *Vault) AwaitRecovered(ctx context.Context, name string) error {
	return poll(ctx, "The vault accepted the recovery of "+name+" and is still working on it. Call GET secrets/"+name+" until it answers 200 or 403.",
		func(ctx context.Context) (bool, error) {
			_, err := v.Get(ctx, name, "")
			return isComplete(err)
		})
}

// isComplete interprets the answer to a poll. 200 is complete, and so is 403, which the vault
// always answers for a disabled secret. 404 is not complete yet. Any other failure ends the
// wait.
func isComplete(err error) (bool, error) {
	switch status, _ := secret.RefusedWith(err); {
	case err == nil, status == http.StatusForbidden:
		return true, nil
	case status == http.StatusNotFound, isNameBusy(err), secret.IsVaultAway(err):
		return false, nil
	}
	return false, err
}

// poll calls done at growing intervals of up to 2 s, until it returns true or an error. After
// maxWait it returns ErrNotFinished, with the advice.
func poll(ctx context.Context, advice string, done func(context.Context) (bool, error)) error {
	const longest = 2 * time.Second
	bounded, cancel := context.WithTimeout(ctx, maxWait)
	defer cancel()
	for pause := 100 * time.Millisecond; ; pause = min(2*pause, longest) {
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
			return notFinished(ctx, advice)
		}
	}
}

// notFinished returns the error of a wait that has ended too early.
func notFinished(ctx context.Context, advice string) error {
	if ctx.Err() != nil {
		return ctx.Err() // the caller gave up before maxWait
	}
	return secret.Problemf(secret.ErrNotFinished, "The vault had not finished after %s. %s", maxWait, advice)
}
