package engine

import (
	"context"
	"fmt"
	"time"

	"rotunda/internal/rotation"
	"rotunda/internal/secret"
)

// door is the vault as one worker reaches it.
type door struct{ *worker }

var _ Vault = door{}

// through makes one call to the vault.
func through[T any](ctx context.Context, d door, what string, writes, set bool, effect func() (T, error)) (answer T, err error) {
	var none T
	err = d.call(ctx, act{what: what, writes: writes, set: set, faults: d.w.faultsOf(writes), fail: d.w.vaultAway, effect: func() (err error) {
		answer, err = effect()
		return err
	}})
	if err != nil {
		return none, err
	}
	return answer, nil
}

// short returns the name of a secret and a version for the log.
func short(name, version string) string {
	if secret.IsPending(name) {
		name = "record"
	} else if name == theName {
		name = "secret"
	}
	return name + " " + version[:min(4, len(version))]
}

func (d door) Get(ctx context.Context, name, version string) (secret.Secret, error) {
	return through(ctx, d, "Get "+short(name, version), false, false, func() (secret.Secret, error) {
		found, err := d.w.vault.get(name, version)
		if name == theName && version == "" {
			d.read, d.looked = found, d.w.meddled
		}
		if secret.IsPending(name) && version == "" {
			d.found = found
		}
		return found, err
	})
}

func (d door) ListVersions(ctx context.Context, name string, query secret.Query) (secret.Page, error) {
	return through(ctx, d, "ListVersions "+short(name, ""), false, false, func() (secret.Page, error) { return d.w.vault.list(name, query.Next) })
}

func (d door) Set(ctx context.Context, name string, draft secret.Draft) (secret.Secret, error) {
	d.w.mustHide("a tag", fmt.Sprint(draft.Tags))
	read := d.read
	if draft.Tags[tagState] == string(rotation.Prepared) {
		d.mustKnow("begin a rotation")
	}
	if draft.Tags[tagState] == string(rotation.None) {
		d.w.noted++
	}
	return through(ctx, d, "Set "+short(name, "")+" "+draft.Tags[tagState], true, true, func() (secret.Secret, error) {
		before, _ := d.w.vault.find(name, "")
		made, err := d.w.vault.set(name, draft)
		if err == nil && name == theName {
			d.published(before, made, read)
		}
		return made, err
	})
}

func (d door) Update(ctx context.Context, name, version string, draft secret.Draft) (secret.Secret, error) {
	d.w.mustHide("a tag", fmt.Sprint(draft.Tags))
	what := fmt.Sprintf("Update %s %s", short(name, version), draft.Tags[tagState])
	if draft.Enabled != nil {
		what += fmt.Sprintf(" enabled=%v", *draft.Enabled)
	}
	if draft.Tags[tagState] == string(rotation.Retiring) && draft.Tags[tagRetire] == retirePending {
		d.mustYieldToValid()
	}
	if draft.Tags[tagState] == string(rotation.Abandoned) && draft.Tags[tagReason] == reasonRefused {
		d.w.situations["R12"] = true
		d.w.refused++
		d.mustKnow("abandon")
	}
	return through(ctx, d, what, true, false, func() (secret.Secret, error) {
		d.w.saidToo(draft.Tags[tagReason])
		if draft.Tags[tagState] == string(rotation.Intent) {
			d.w.intended[draft.Tags[tagOperation]] = true
		}
		return d.w.vault.update(name, version, draft)
	})
}

func (d door) GetDeleted(ctx context.Context, name string) (secret.Secret, error) {
	return through(ctx, d, "GetDeleted "+short(name, ""), false, false, func() (secret.Secret, error) {
		if !d.w.vault.deleted[name] {
			return secret.Secret{}, refusal(404, "")
		}
		return secret.Secret{Name: name}, nil
	})
}

func (d door) Recover(ctx context.Context, name string) (secret.Secret, error) {
	return through(ctx, d, "Recover "+short(name, ""), true, false, func() (secret.Secret, error) {
		if !d.w.vault.deleted[name] {
			return secret.Secret{}, refusal(404, "")
		}
		delete(d.w.vault.deleted, name)
		return secret.Secret{Name: name}, nil
	})
}

func (d door) AwaitRecovered(ctx context.Context, name string) error {
	_, err := through(ctx, d, "AwaitRecovered "+short(name, ""), false, false, func() (struct{}, error) { return struct{}{}, nil })
	return err
}

// Bypass is a matter of this process alone.
func (d door) Bypass(string, time.Time) {}
