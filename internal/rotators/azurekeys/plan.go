package azurekeys

import (
	"strings"

	"rotunda/internal/rotation"
	"rotunda/internal/secret"
)

// Plan implements rotation.Rotator.
func (*Rotator) Plan(s rotation.Subject) (rotation.Plan, error) {
	t, err := readTarget(s)
	if err != nil {
		return rotation.Plan{}, err
	}
	if t.class == rotation.Issued {
		return t.planIssued(s)
	}
	return rotation.Plan{
		Class: rotation.DualKey, CredentialID: t.key.id, Identity: strings.ToLower(s.Address) + " " + t.pair[0].id + " and " + t.pair[1].id,
		Warnings: t.warnings(),
	}, nil
}

// warnings say what is not tried.
func (t target) warnings() []string {
	switch {
	case t.proof == nil:
		return []string{"A new key of " + t.name + " is not tried before it is published: Azure's list of the keys is the only proof."}
	case !t.proven:
		return []string{"A new key is not tried before it is published, because of the tag " + rotation.TagKeyProof + ": Azure's list of the keys is the only proof."}
	}
	return nil
}

// Same implements rotation.Comparer: the key counts, in whatever form.
func (*Rotator) Same(s rotation.Subject, a, b secret.Value) bool {
	t, err := readTarget(s)
	if err != nil {
		return false
	}
	first, err := t.parse(a)
	if err != nil {
		return false
	}
	second, err := t.parse(b)
	return err == nil && first.Value.Equal(second.Value)
}
