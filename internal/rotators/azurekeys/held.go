package azurekeys

import (
	"context"
	"strings"

	"rotunda/internal/rotation"
	"rotunda/internal/secret"
)

// MustHold implements rotation.Identifier, by Azure's list. A name may be there twice, as those of
// query keys need not differ; which one of them would be deleted is not known then, unless it is
// the one that the list shows last.
func (r *Rotator) MustHold(ctx context.Context, s rotation.Subject, id string, value secret.Value) error {
	t, err := readTarget(s)
	if err != nil {
		return err
	}
	all, err := r.listKeys(ctx, t)
	if err != nil {
		return err
	}
	found, listed := all[strings.ToLower(id)]
	if holds, err := t.holds(found, value); !listed || holds || err != nil {
		return err
	}
	return rotation.Permanentf("The tag %s of the version that was replaced names another one of the %s than that version holds, so nothing was deleted. Set the tag of that version to the name of its key, then resume.", rotation.TagCredentialID, t.issued.what)
}

func (t target) holds(k listed, value secret.Value) (bool, error) {
	held, err := t.parse(value)
	return err == nil && held.Value.Equal(secret.NewValue(k.value)), err
}

// checkHeld returns a fault if the tag CredentialId is not the name of the key in the value: what
// it names is deleted after the rotation.
func (r *Rotator) checkHeld(ctx context.Context, s rotation.Subject, t target) error {
	if t.class != rotation.Issued {
		return nil
	}
	all, err := r.listKeys(ctx, t)
	if err != nil {
		return err
	}
	found, listed := all[strings.ToLower(s.CredentialID)]
	if !listed {
		return rotation.Permanentf("The tag %s names a key that %s does not have. Set it to the name of the key that the secret holds, one of the %s.", rotation.TagCredentialID, t.what(), t.issued.what)
	}
	if holds, err := t.holds(found, s.Current); holds || err != nil {
		return err
	}
	return rotation.Permanentf("The tag %s names another one of the %s of %s than the one in the secret's value. Set it to the name of that one; if two have the same name, make a key with a name of its own, and set the secret to it.", rotation.TagCredentialID, t.issued.what, t.what())
}
