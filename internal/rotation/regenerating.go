package rotation

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"rotunda/internal/secret"
)

// regenerating is the way of class K: the key that readers do not use is made anew, and they move to it. The record has
// no value, only what the key was before: whether it was made anew shows in the provider's list.
type regenerating struct {
	*job
	provider Regenerator
}

var _ way = regenerating{}

func (k regenerating) preflight(ctx context.Context) error {
	keys, err := k.provider.Keys(ctx, k.subject)
	if err != nil {
		return err
	}
	current, known := keys[k.subject.CredentialID]
	switch {
	case !known || len(keys) != 2:
		return Permanentf("The tag %s must say which key the secret holds: one of %s.", TagCredentialID, strings.Join(slices.Sorted(maps.Keys(keys)), ", "))
	case !current.Equal(k.live.Value):
		return Permanentf("The secret's value is not the provider's %s. Correct the tag %s, or set the secret to the key's value.", k.subject.CredentialID, TagCredentialID)
	}
	return nil
}

func (k regenerating) draft(ctx context.Context, c *content) error {
	keys, err := k.provider.Keys(ctx, k.subject)
	if err != nil {
		return err
	}
	for id, value := range keys {
		if id != k.subject.CredentialID {
			c.Key, c.KeyHash = id, hash(value.Reveal()) // keys are long and random: a hash tells nothing of them
		}
	}
	return nil
}

func (k regenerating) obtain(ctx context.Context, resumed bool) (credential, error) {
	if err := k.fence(ctx); err != nil { // already here: the key may have been made anew by another operation
		return credential{}, err
	}
	value, regenerated, err := k.other(ctx)
	if err != nil || regenerated {
		return credential{value: value, id: k.record.Key}, err
	}
	if resumed { // two calls would make two values
		if until := k.underWay(); time.Now().Before(until) {
			return credential{}, Temporaryf("The key may just be being made anew by an attempt that broke off; that is certain at %s.", formatTime(until))
		}
		if err := k.markAgain(ctx); err != nil {
			return credential{}, err
		}
	}
	if err := k.provider.Regenerate(ctx, k.subject, k.record.Key); err != nil {
		return credential{}, err
	}
	value, regenerated, err = k.other(ctx)
	if err == nil && !regenerated {
		err = Temporaryf("The provider took the order to make a key anew and still lists the old one.")
	}
	return credential{value: value, id: k.record.Key}, err
}

// other is the key that this operation makes anew, and whether that was done.
func (k regenerating) other(ctx context.Context) (value secret.Value, regenerated bool, err error) {
	keys, err := k.provider.Keys(ctx, k.subject)
	if err != nil {
		return secret.Value{}, false, err
	}
	value, known := keys[k.record.Key]
	if !known {
		return secret.Value{}, false, Permanentf("The provider has no key %s any more.", k.record.Key)
	}
	return value, hash(value.Reveal()) != k.record.KeyHash, nil
}

// check compares what is latest with the provider's list.
func (k regenerating) check(ctx context.Context) (*credential, error) {
	replacement, err := k.overtaken(ctx)
	if replacement != nil && !k.isPublished() {
		return nil, errForeign
	}
	return replacement, err
}

// overtaken gives the key that this operation makes anew, if the latest version is neither of the two.
func (k regenerating) overtaken(ctx context.Context) (*credential, error) {
	keys, err := k.provider.Keys(ctx, k.subject)
	if err != nil {
		return nil, err
	}
	for _, value := range keys {
		if value.Equal(k.live.Value) {
			return nil, nil
		}
	}
	if _, known := keys[k.record.Key]; !known {
		return nil, Permanentf("The provider has no key %s any more.", k.record.Key)
	}
	return &credential{value: keys[k.record.Key], id: k.record.Key}, nil
}

// retire leaves the key before as it is: it is made anew by the next rotation.
func (regenerating) retire(context.Context) (bool, error) { return false, nil }
