package engine

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"rotunda/internal/rotation"
	"rotunda/internal/secret"
)

// regenerating is class K: the key that readers do not use is regenerated, and they move to it.
// The record has no value, only a hash of what that key was before: the provider's list shows
// whether it was regenerated. underway.go is about providers that take longer than an attempt.
type regenerating struct{ provider rotation.Regenerator }

var _ class = regenerating{}

func (k regenerating) preflight(ctx context.Context, o operation) error {
	keys, err := k.provider.Keys(ctx, o.Subject)
	if err != nil {
		return err
	}
	_, err = o.current(keys)
	return err
}

// current returns the id of the key that the secret holds: its value says that, and the tag
// CredentialId must not say otherwise.
func (o operation) current(keys map[string]secret.Value) (string, error) {
	ids := slices.Sorted(maps.Keys(keys))
	named, known := keys[o.CredentialID]
	held := slices.IndexFunc(ids, func(id string) bool { return o.same(keys[id], o.Current) })
	switch {
	case len(keys) != 2 || o.CredentialID != "" && !known:
		return "", rotation.Permanentf("The tag %s must say which key the secret holds: one of %s.", rotation.TagCredentialID, strings.Join(ids, ", "))
	case known && !o.same(named, o.Current):
		return "", rotation.Permanentf("The secret's value is not the provider's %s. Correct the tag %s, or set the secret to the key's value.", o.CredentialID, rotation.TagCredentialID)
	case known:
		return o.CredentialID, nil
	case held < 0:
		return "", rotation.Permanentf("The secret's value is none of the provider's keys, %s. Set the secret to the value of one of them.", strings.Join(ids, " and "))
	}
	return ids[held], nil
}

// control is not needed: preflight compares the provider's list.
func (regenerating) control(context.Context, operation) error { return nil }

// draft notes the other key. Keys are long and random, so a hash tells nothing about them.
func (k regenerating) draft(ctx context.Context, o operation, _ secret.Value, c *content) error {
	keys, err := k.provider.Keys(ctx, o.Subject)
	if err != nil {
		return err
	}
	current, err := o.current(keys)
	if err != nil {
		return err
	}
	for id, value := range keys {
		if id != current {
			c.Key, c.KeyHash = id, hash(value.Reveal())
		}
	}
	return nil
}

// probePending finds the key in the provider's list. Where the operation still has to replace the
// base, the key counts as accepted only once it was regenerated. It is not ordered twice: two
// calls would make two values.
func (k regenerating) probePending(ctx context.Context, o operation) (credential, rotation.Verdict, error) {
	until, err := k.await(ctx, o)
	if err != nil {
		return credential{}, rotation.Unknown, err
	}
	found, regenerated, err := k.key(ctx, o)
	switch {
	case err != nil:
		return credential{}, rotation.Unknown, err
	case regenerated, o.latest != base:
		if err := k.prove(ctx, o, found); err != nil {
			return credential{}, rotation.Unknown, err
		}
		return found, rotation.Accepted, nil
	case time.Now().Before(until):
		return credential{}, rotation.Unknown, o.stillUntold(until)
	case !o.fresh && time.Now().Before(o.settled):
		return credential{}, rotation.Unknown, unsettled{
			rotation.Temporaryf("An interrupted attempt may still be regenerating the key; this will be settled at %s.", formatTime(o.settled)), o.settled,
		}
	}
	return credential{}, rotation.Rejected, nil
}

// prove tries a key that the provider lists, where the rotator can do that.
func (k regenerating) prove(ctx context.Context, o operation, listed credential) error {
	prober, ok := k.provider.(rotation.Prober)
	if !ok {
		return nil
	}
	verdict, err := prober.Probe(ctx, o.Subject, listed.value)
	return mustAccept(verdict, err, cmp.Or(err, error(rotation.Temporaryf("The provider lists the regenerated key and still refuses it. It may need time to take effect."))))
}

// key returns the key that the operation regenerates, and reports whether that was done.
func (k regenerating) key(ctx context.Context, o operation) (_ credential, regenerated bool, _ error) {
	keys, err := k.provider.Keys(ctx, o.Subject)
	if err != nil {
		return credential{}, false, err
	}
	value, known := keys[o.Key]
	if !known {
		return credential{}, false, rotation.Permanentf("The provider no longer has the key %s.", o.Key)
	}
	return credential{value: value, id: o.Key}, hash(value.Reveal()) != o.KeyHash, nil
}

// probe looks for a value in the provider's list.
func (k regenerating) probe(ctx context.Context, o operation, value secret.Value) (rotation.Verdict, error) {
	keys, err := k.provider.Keys(ctx, o.Subject)
	if err != nil {
		return rotation.Unknown, err
	}
	for _, key := range keys {
		if o.same(key, value) {
			return rotation.Accepted, nil
		}
	}
	return rotation.Rejected, nil
}

// apply regenerates the key, unless another worker has: two calls would make two values.
func (k regenerating) apply(ctx context.Context, o operation) (credential, error) {
	err := k.provider.Regenerate(ctx, o.Subject, o.Key, func(ctx context.Context) error {
		_, regenerated, err := k.key(ctx, o)
		if err == nil && regenerated {
			err = errWentOn
		}
		if err != nil {
			return err
		}
		return o.fence(ctx)
	})
	return credential{}, k.leave(ctx, o, err)
}

func (k regenerating) verify(ctx context.Context, o operation, _ credential) (credential, error) {
	found, regenerated, err := k.key(ctx, o)
	if err == nil && !regenerated {
		err = rotation.Temporaryf("The provider was asked to regenerate a key and still lists the old one.")
	}
	if err == nil {
		err = k.prove(ctx, o, found)
	}
	return found, err
}

// old returns nothing, because the next rotation regenerates the old key: unless a person ends it,
// as after a leak.
func (k regenerating) old(ctx context.Context, o operation) (oldCredential, error) {
	if !o.ended {
		return oldCredential{}, nil
	}
	if o.retires != retirePending {
		return o.history.base(ctx)
	}
	found, _, err := k.key(ctx, o)
	return oldCredential{value: found.value, role: "pending"}, err
}

// retire regenerates the old key, which makes a value that nobody gets. To do that twice is
// harmless.
func (k regenerating) retire(ctx context.Context, o operation, old oldCredential) (bool, error) {
	if !old.value.IsSet() || o.same(old.value, o.Current) {
		return false, nil
	}
	until, err := k.await(ctx, o)
	if err != nil {
		return false, err
	}
	keys, err := k.provider.Keys(ctx, o.Subject)
	if err != nil {
		return false, err
	}
	for id, value := range keys {
		if !o.same(value, old.value) {
			continue
		}
		if time.Now().Before(until) {
			return false, o.stillUntold(until)
		}
		return false, k.leave(ctx, o, k.provider.Regenerate(ctx, o.Subject, id, o.fence))
	}
	return false, nil
}

func (regenerating) preflightAdmin(context.Context, operation) error { return nil }
